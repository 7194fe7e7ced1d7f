// oauth2-redirect.js: passes the issuer's answer to the page that opened this window.

new BroadcastChannel('oauth2-redirect').postMessage((location.hash || location.search).slice(1));
history.replaceState(null, '', location.pathname);
window.close();
