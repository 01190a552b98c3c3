// stiled beside a real proxy, with the files that examples/deploy ships for it.
'use strict';

const childProcess = require('node:child_process');
const path = require('node:path');
const readline = require('node:readline');

const START = 60000;
const STOP = 20000;

class Proxied {
  constructor(proxy) {
    this.title = 'Over the stile';
    this.proxy = proxy;
    this.lines = [];
  }

  start() {
    const serve = path.join(__dirname, '..', 'integration', 'serve_proxied.py');
    this.process = childProcess.spawn(
        process.env.STILE_PYTHON, ['-B', serve, this.proxy], {stdio: ['pipe', 'pipe', 'pipe']});
    this.ended = new Promise((resolve) => this.process.once('exit', resolve));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
          () => reject(new Error(`${this.proxy} is silent:\n${this.log()}`)), START);
      this.process.once('error', reject);
      this.ended.then(
          (code) => reject(new Error(`${this.proxy} ended with ${code}:\n${this.log()}`)));
      for (const stream of [this.process.stdout, this.process.stderr]) {
        readline.createInterface({input: stream}).on('line', (line) => {
          this.lines.push(line);
          if (!line.startsWith('port ')) return;
          clearTimeout(timer);
          this.port = Number(line.split(' ')[1]);
          resolve(this);
        });
      }
    });
  }

  log() {
    return this.lines.join('\n');
  }

  async stop() {
    this.process.stdin.end();
    const timer = setTimeout(() => this.process.kill('SIGKILL'), STOP);
    await this.ended;
    clearTimeout(timer);
  }
}

module.exports = {Proxied};
