// broadcast.mjs: what npm's ws does with the same broadcast: a server that prints its port, and
// sends as many texts to everybody, each by itself, as a line of standard input says.
//
//     node broadcast.mjs TEXT DIRECTORY      where that package is
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
