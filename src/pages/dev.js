// dev.js: copies a demo user's token to the clipboard.

const copied = document.getElementById('copied');

async function copy(who) {
	const response = await fetch('/dev/token', {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ who }),
	});
	const body = await response.json();
	if (!response.ok) throw new Error(body.detail);
	await navigator.clipboard.writeText(body.token);
	copied.textContent = `Copied a token for ${who}, valid for ${body.expires_in / 60} min.`;
}

for (const button of document.querySelectorAll('button[data-who]')) {
	button.hidden = false;
	button.addEventListener('click', () =>
		copy(button.dataset.who).catch((error) => {
			copied.textContent = `No token was copied: ${error.message}`;
		}),
	);
}
