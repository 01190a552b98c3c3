// stiled in front of its own demo site, on a port that the kernel picks.
'use strict';

const childProcess = require('node:child_process');
const readline = require('node:readline');

const START = 30000;
const STOP = 10000;

class Gateway {
  constructor() {
    this.title = 'Over the stile';
    this.lines = [];
  }

  start() {
    this.process = childProcess.spawn(
        process.env.STILE_STILED, ['--demo', '--listen', '127.0.0.1:0', '--metrics', '127.0.0.1:0'],
        {stdio: ['ignore', 'pipe', 'pipe']});
    this.ended = new Promise((resolve) => this.process.once('exit', resolve));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`stiled is silent:\n${this.log()}`)), START);
      this.process.once('error', reject);
      this.ended.then((code) => reject(new Error(`stiled ended with ${code}:\n${this.log()}`)));
      for (const stream of [this.process.stdout, this.process.stderr]) {
        readline.createInterface({input: stream}).on('line', (line) => {
          this.lines.push(line);
          const said = line.startsWith('{') ? JSON.parse(line) : {};
          if (said.event !== 'listening' || said.mode !== 'gateway') return;
          clearTimeout(timer);
          this.port = Number(said.address.split(':').pop());
          resolve(this);
        });
      }
    });
  }

  log() {
    return this.lines.join('\n');
  }

  async stop() {
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), STOP);
    await this.ended;
    clearTimeout(timer);
  }
}

module.exports = {Gateway};
