// One address for two mocks of GitHub: /graphql goes to one, everything else to the other.
// Below /x-mock/MODE/ the first one answers as MODE says: null-heavy:0.5, partial-error …
// node mock.mjs [port=4020] [graphql=4002] [rest=4010]     listens on loopback only
import http from 'node:http';

const [port, graphql, rest] = [4020, 4002, 4010].map((usual, index) => +(process.argv[2 + index] ?? usual));
http
  .createServer((asked, answer) => {
    const [, mode, url] = asked.url.match(/^\/x-mock\/([^/]+)(\/.*)$/) ?? [, '', asked.url];
    const to = url.startsWith('/graphql') ? graphql : rest;
    // Prism knows the examples of GitHub's description by this type only.
    const headers = { ...asked.headers, accept: 'application/json', host: `127.0.0.1:${to}`, 'x-mock': mode };
    const passed = http.request({ host: '127.0.0.1', port: to, path: url, method: asked.method, headers }, (told) => {
      if (told.statusCode >= 400) console.log(asked.method, asked.url, told.statusCode);
      answer.writeHead(told.statusCode, told.headers);
      told.pipe(answer);
    });
    passed.on('error', () => answer.writeHead(500).end());
    asked.pipe(passed);
  })
  .listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/`));
