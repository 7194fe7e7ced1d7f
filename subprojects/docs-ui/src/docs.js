// docs.js: starts Swagger UI at /docs.
//
// The page describes the server: data-issuers lists the OpenID Connect issuers, and a development
// server adds a list of demo users. If one of them is selected, each request is sent with a token
// of that user; "automatic" selects the user of each operation's example.

const element = document.getElementById('swagger-ui');
const demo = document.getElementById('demo-user');
const status = document.getElementById('demo-status');
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];
const RENEW_BEFORE_MS = 60_000;

// ---- Light or dark ----

const dark = matchMedia('(prefers-color-scheme: dark)');
const showTheme = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', showTheme);
showTheme();

// ---- The API description ----

// The introduction would push the operations off the screen.
function shorten(info) {
	const [first] = (info.description ?? '').split('\n\n');
	info.description = `${first}\n\nAuthentication, roles and conventions: see the [reference](/redoc).`;
}

// The document has one security scheme for all issuers; this page has one for each issuer.
function removeGenericIssuer(spec) {
	const without = (security) => security?.filter((each) => !('openIdConnect' in each));
	delete spec.components.securitySchemes.openIdConnect;
	spec.security = without(spec.security);
	for (const operation of operations(spec)) if (operation.security) operation.security = without(operation.security);
}

function addIssuers(spec, issuers) {
	spec.components ??= {};
	spec.components.securitySchemes ??= {};
	removeGenericIssuer(spec);
	for (const issuer of issuers) {
		const name = new URL(issuer).host;
		spec.components.securitySchemes[name] = {
			type: 'openIdConnect',
			description: `Sign in at ${issuer}. Register ${redirectUrl} there as a redirect URL of your client.`,
			openIdConnectUrl: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
		};
		for (const operation of operations(spec)) {
			const bearer = bearerName(spec);
			if (operation.security?.some((each) => bearer in each)) operation.security.push({ [name]: [] });
		}
		spec.security?.push({ [name]: [] });
	}
}

function* operations(spec) {
	for (const path of Object.values(spec.paths)) {
		for (const method of METHODS) if (path[method]) yield path[method];
	}
}

function bearerName(spec) {
	const schemes = spec.components?.securitySchemes ?? {};
	return Object.keys(schemes).find((name) => schemes[name].type === 'http' && schemes[name].scheme === 'bearer');
}

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

// The operation that a request is for. A path without parameters wins over a template.
function operationOf(spec, method, url) {
	const { pathname } = new URL(url, location.href);
	const matches = (template) =>
		new RegExp(
			`^${template
				.split(/\{[^}]*\}/)
				.map(escape)
				.join('[^/]+')}$`,
		).test(pathname);
	const path = spec.paths[pathname] ? pathname : Object.keys(spec.paths).find(matches);
	return path && spec.paths[path][method.toLowerCase()];
}

// ---- Demo users ----

const tokens = new Map();

async function tokenOf(who) {
	const known = tokens.get(who);
	if (known && known.expires > Date.now() + RENEW_BEFORE_MS) return known.token;
	const response = await fetch('/dev/token', {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ who }),
	});
	const body = await response.json();
	if (!response.ok) throw new Error(body.detail);
	tokens.set(who, { token: body.token, expires: Date.now() + body.expires_in * 1000 });
	return body.token;
}

// Who sends the request: an email address, or a role for its first demo user. Undefined: nobody.
function senderOf(spec, request) {
	if (demo.value !== 'automatic') return demo.value || undefined;
	const operation = operationOf(spec, request.method ?? 'GET', request.url) ?? {};
	const role = operation['x-required-role'];
	return operation['x-example-user'] ?? (role === 'PUBLIC' ? undefined : role);
}

const nameOf = (who) =>
	[...demo.options].find(({ value, text }) => value === who || text.endsWith(`, ${who}`))?.text ?? who;

async function addToken(spec, request) {
	const isOurs = new URL(request.url, location.href).origin === location.origin;
	if (!demo || !isOurs || request.headers?.Authorization || request.loadSpec) return request;
	const who = senderOf(spec, request);
	if (who) {
		request.headers = { ...request.headers, Authorization: `Bearer ${await tokenOf(who)}` };
		status.textContent = `Sent as ${nameOf(who)}`;
	}
	return request;
}

// Shows a chosen user in the Authorize dialog and in the locks of the operations.
async function showChoice(ui, spec) {
	const name = bearerName(spec);
	if (!name) return;
	if (ui.authSelectors.authorized()?.has(name)) ui.authActions.logout([name]);
	status.textContent = '';
	if (!demo.value || demo.value === 'automatic') return;
	ui.preauthorizeApiKey(name, await tokenOf(demo.value));
	status.textContent = `Authorized as ${demo.selectedOptions[0].textContent}`;
}

// ---- OpenID Connect ----

const redirectUrl = `${location.origin}/docs/oauth2-redirect`;

// The redirect page is in another browsing context group, because pages are isolated from the sites
// that they open (Cross-Origin-Opener-Policy). It passes the answer on through this channel.
function receiveAnswers() {
	new BroadcastChannel('oauth2-redirect').onmessage = ({ data }) => {
		const flow = window.swaggerUIRedirectOauth2;
		const values = Object.fromEntries(new URLSearchParams(data));
		if (!flow || values.state !== flow.state) return;
		const { auth, redirectUrl, callback, errCb } = flow;
		delete flow.state;
		if (values.code) {
			auth.code = values.code;
			callback({ auth, redirectUrl });
		} else if (values.access_token) {
			callback({ auth, token: values, isValid: true, redirectUrl });
		} else {
			const message = values.error_description ?? values.error ?? 'The issuer sent no code.';
			errCb({ authId: auth.name, source: 'auth', level: 'error', message });
		}
	};
}

// ---- Start ----

// Swagger UI has no input for UUIDs in lists, and warns about it.
const uuidInput = (system) => ({
	components: {
		JsonSchema_string_uuid: (props) => system.React.createElement(system.getComponent('JsonSchema_string'), props),
	},
});

async function start() {
	const response = await fetch('/openapi.json');
	const spec = await response.json();
	shorten(spec.info);
	addIssuers(spec, JSON.parse(element.dataset.issuers));
	const ui = SwaggerUIBundle({
		spec,
		domNode: element,
		deepLinking: true,
		filter: true,
		tryItOutEnabled: true,
		persistAuthorization: false,
		displayRequestDuration: true,
		showExtensions: false,
		defaultModelsExpandDepth: 0,
		validatorUrl: null,
		oauth2RedirectUrl: redirectUrl,
		presets: [SwaggerUIBundle.presets.apis],
		plugins: [uuidInput],
		requestInterceptor: (request) => addToken(spec, request),
	});
	ui.initOAuth({ usePkceWithAuthorizationCodeGrant: true });
	receiveAnswers();
	if (!demo) return;
	demo.disabled = false;
	demo.addEventListener('change', () => showChoice(ui, spec));
	await showChoice(ui, spec);
}

start().catch((error) => {
	element.textContent = `The API description cannot be shown: ${error.message}`;
});
