// npm_broadcast.mjs: the same broadcast with npm's ws, for comparison. Prints its port; for each
// line N of standard input, sends TEXT to every client N times, each as its own message.
//
//     node npm_broadcast.mjs TEXT DIRECTORY      DIRECTORY has the package
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const { WebSocketServer } = createRequire(`${process.argv[3]}/`)('ws');

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
const text = process.argv[2];

server.on('listening', () => console.log(server.address().port));
createInterface({ input: process.stdin }).on('line', (line) => {
	for (let n = Number(line); n > 0; n--) {
		for (const client of server.clients) client.send(text);
	}
});
