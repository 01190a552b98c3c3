"""What stands around the table of docs/drills.md."""

HEAD = """# Outage drills

Stile must never be the outage. These drills break what can break around a running `stiled` (files,
keys, clocks, disks, memory, stores, the process itself) while visitors keep coming, and say what became of
the visitors. Anyone can run them:

```
scripts/drills.sh                # all of them in some minutes
scripts/drills.sh --full         # with phases of half a minute before, during and after
scripts/drills.sh D01 D16        # these
```

**Every drill has a control**: the same drill with the protection taken away, or with an outage fed to
what measures. A control must come out red, in the invariants that the last column names; a drill whose
control is green proves nothing and fails.

The load is open: it sends when a request is due, whatever became of the last. 70 % of it has a valid
clearance, 15 % none, 5 % an expired one, 5 % garbage, 5 % are a verified crawler; half of it goes through a
gateway with a website behind it, half through a listener that a proxy asks. Checked in each drill:

| invariant | what it says |
|---|---|
| I1 | no 5xx, no reset, no request without an answer |
| I2 | nobody who has a valid clearance or may pass is challenged or blocked |
| I3 | the 99th percentile of cleared visitors is at most twice that of the phase before. Where that is less than 250 ms more (50 ms in full runs), 250 ms more are allowed: so much a busy machine of two cores takes from any process, and whoever waits for a store, a disk or a lock takes longer. Four times what the load itself was woken late at the 99th percentile is added |
| I4 | the alert, `stile_degraded` or `stile_config_last_reload_successful`, is up within a second, and down after the recovery. It is looked for ten times a second; what the looking came late, and what `stiled` waited for a core, is not counted |
| I5 | memory, descriptors and threads stay bounded |
| I6 | the process neither ends nor starts anew |
| I7 | who has no clearance gets what the declared mode says, no more and no less |
| I8 | all is as before within 10 s of the end of the fault, without an operator |

Those whose id ends in `-library` run inside a program that embeds the library (tests/drills/library), with two
threads that decide about some 10,000 requests a second, and phases of 0.5 s (5 s in full runs). There the 99th
percentile may grow by 1 ms, and the alert is the verdict that the embedder gets, with its reasons. The library opens
no connection, writes no file and has no page of its own to fetch, so D11 and parts of D10, D14 and D18 are its host's.

D24 has a row for each proxy that asks a `stiled`, with the configuration that is shipped and its own timeouts. A
figure such as `closed_frozen=503@1004ms` says: in the configuration that fails closed, while `stiled` was frozen,
everybody got 503, at the 99th percentile of those who waited after 1004 ms. More than the timeout may only be what a
visitor waits without any fault, and what the machine itself is late. `slow` are answers that come after twice the timeout; those that come after a fifth
of it have to be right. What embeds Stile (nginx's module, C, C++) has no `stiled` that could be dead, frozen or slow,
and no row: D24-library shows a thread that stands still there.

In D01, memory is measured around each refusal, after the allocator has been warmed by two reloads and one
refusal of a policy of 700 KB; a file of 100 MB is refused by its size, before a byte of it is read.

This page is written by `scripts/drills.sh --report docs/drills.md`; nothing in it is written by hand.
"""
TAIL = """
D01 to D30 carry the numbers of the list of outages that they come from; H1 to H3 are of the house. Not here: retries of siteverify (D25) and its
overload (D26), which the tests of `fleet` and `integration` hold, a herd of widgets (D27), and Envoy and Traefik
as programs: `integration` speaks their protocols.
"""
