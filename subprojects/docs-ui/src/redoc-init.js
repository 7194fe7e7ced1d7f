// redoc-init.js: starts ReDoc at /redoc, in the colors of style.css.

const style = getComputedStyle(document.documentElement);
const color = (name) => style.getPropertyValue(`--${name}`);
const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

Redoc.init(
	'/openapi.json',
	{
		nativeScrollbars: true,
		sortRequiredPropsFirst: true,
		jsonSamplesExpandLevel: 3,
		scrollYOffset: () => document.querySelector('header.bar').offsetHeight,
		theme: {
			spacing: { sectionVertical: 24 },
			colors: {
				primary: { main: color('accent') },
				success: { main: isDark ? '#5fbf77' : '#1d7a34' },
				error: { main: isDark ? '#ff8a80' : '#b3261e' },
				text: { primary: color('text'), secondary: color('muted') },
				gray: { 50: color('surface'), 100: color('surface') },
				border: { light: color('line'), dark: color('line') },
			},
			schema: {
				linesColor: color('line'),
				typeNameColor: color('muted'),
				typeTitleColor: color('muted'),
				nestedBackground: color('surface'),
				arrow: { color: color('muted') },
			},
			typography: {
				fontSize: '15px',
				lineHeight: '1.55',
				fontFamily: FONT,
				headings: { fontFamily: FONT, fontWeight: '600' },
				code: {
					fontFamily: color('mono'),
					fontSize: '13px',
					color: color('text'),
					backgroundColor: color('surface'),
				},
				links: { color: color('accent'), visited: color('accent'), hover: color('accent') },
			},
			sidebar: { backgroundColor: color('surface'), textColor: color('text') },
			rightPanel: { backgroundColor: '#14212c' },
			codeBlock: { backgroundColor: '#0d161e' },
		},
	},
	document.getElementById('redoc'),
);
