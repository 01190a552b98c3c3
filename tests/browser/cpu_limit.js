// Holds a process and all its children together to a share of one core, by stopping them as soon
// as they have used more than their share of the time that has passed.
'use strict';

const fs = require('node:fs');

const TICK = 10;                  // Milliseconds between looks,
const LOOK_FOR_CHILDREN = 100;    // and between looks for new processes.
const CREDIT = 0.03;              // Seconds of a core that may be saved up for later.
const TICKS_PER_SECOND = 100;     // Of /proc/PID/stat, on every Linux.

// {parent, seconds of a core used}; null if it is gone.
function statusOf(pid) {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {parent: +fields[1], used: (+fields[11] + +fields[12]) / TICKS_PER_SECOND};
  } catch (gone) {
    return null;
  }
}

function familyOf(pid) {
  const children = new Map();
  for (const name of fs.readdirSync('/proc')) {
    const status = /^\d+$/.test(name) ? statusOf(name) : null;
    if (!status) continue;
    children.set(status.parent, [...(children.get(status.parent) || []), +name]);
  }
  const family = [pid];
  for (let i = 0; i < family.length; i++) family.push(...(children.get(family[i]) || []));
  return family;
}

class CpuLimit {
  // share: of one core; Infinity only measures.
  constructor(pid, share) {
    this.pid = pid;
    this.share = share;
    this.seen = new Map();
    this.paused = false;
    this.looked = 0;
    this.look();
    this.first = this.used();
    this.last = this.began = process.hrtime.bigint();
    this.credit = 0;
    this.counted = this.first;
    this.timer = setInterval(() => this.tick(), TICK);
  }

  look() {
    this.family = familyOf(this.pid);
    this.looked = Date.now();
  }

  // Seconds of a core that all of them have used, those that are gone included.
  used() {
    for (const pid of this.family) {
      const status = statusOf(pid);
      if (status) this.seen.set(pid, status.used);
    }
    return [...this.seen.values()].reduce((all, one) => all + one, 0);
  }

  signal(name) {
    for (const pid of this.family) {
      try {
        process.kill(pid, name);
      } catch (gone) {}
    }
  }

  tick() {
    if (Date.now() - this.looked > LOOK_FOR_CHILDREN) this.look();
    const now = process.hrtime.bigint();
    const used = this.used();
    const passed = Number(now - this.last) / 1e9;
    this.credit = Math.min(CREDIT, this.credit + passed * this.share - (used - this.counted));
    this.last = now;
    this.counted = used;
    if (this.share === Infinity) return;
    this.paused = this.credit < 0;
    this.signal(this.paused ? 'SIGSTOP' : 'SIGCONT');
  }

  // The share of one core that was used since the start.
  measured() {
    return (this.used() - this.first) / (Number(process.hrtime.bigint() - this.began) / 1e9);
  }

  stop() {
    clearInterval(this.timer);
    this.look();
    if (this.share !== Infinity) this.signal('SIGCONT');
  }
}

// Seconds of a core that all threads of a process and its children have used; exact, unlike the
// ticks above, and as long as none of them ends.
function exactSeconds(pid) {
  let nanoseconds = 0;
  for (const member of familyOf(pid)) {
    for (const thread of fs.readdirSync(`/proc/${member}/task`)) {
      const text = fs.readFileSync(`/proc/${member}/task/${thread}/schedstat`, 'latin1');
      nanoseconds += Number(text.split(' ')[0]);
    }
  }
  return nanoseconds / 1e9;
}

module.exports = {CpuLimit, exactSeconds};
