/* Stile for C callers, and for every language that can call C.
 *
 * A program that embeds Stile makes one engine of its configuration, one worker
 * per thread of that engine, and asks the worker about each request:
 *
 *   decide  -> allow:     the request goes on to its origin
 *           -> challenge, deny, serve: respond builds what the client gets instead
 *
 * docs/c-abi.md walks through a whole program. True of every function here:
 *
 *  - It returns STILE_OK or an error, and writes its outputs, which come last,
 *    only on STILE_OK. Functions that cannot fail return their result.
 *  - It borrows its arguments for the call. Only *_new, *_open and *_attach give
 *    ownership away, to be ended by the *_free of the same name. *_free(NULL)
 *    does nothing.
 *  - Text is a pointer and a size, never zero-terminated unless that is said, and
 *    may hold any byte. NULL with size 0 is empty text.
 *  - Structs begin with struct_size, which the caller sets to sizeof the struct it
 *    was compiled with; everything else starts as zero, and zero is each member's
 *    default. So older callers work with newer libraries: what they don't know
 *    keeps its default.
 *  - A pointer that must not be NULL is checked. No exception leaves the library.
 *  - Values are appended, never renumbered; 0 is never a pass.
 *  - The library starts no thread, opens no file but the table file that it is
 *    told to, reads no clock and no environment variable, and keeps nothing of what
 *    it is told but in the handles. The caller passes the time in: now_ms is Unix time in
 *    milliseconds; steady_ms comes from a clock that is never set, such as
 *    CLOCK_MONOTONIC, with any beginning.
 *
 * Threads: a worker is used by one thread at a time. The functions that take one
 * allocate nothing, take no lock, make no system call (but that a worker's first
 * challenge asks for randomness) and log nothing; they may run while another thread
 * reloads the engine. The functions that take an engine are
 * safe to call from any thread at any time, but for stile_engine_free.
 *
 * fork(): an engine may be made before the process forks; each child then makes
 * its own workers. Parent and children share the tables, and nothing else: a
 * reload or a mode reaches the process that it is called in. Don't fork while
 * another thread is inside a function that takes an engine. */
#ifndef STILE_CAPI_STILE_H_
#define STILE_CAPI_STILE_H_

#include <stddef.h>
#include <stdint.h>

#ifndef STILE_API
#if defined(__GNUC__)
#define STILE_API __attribute__((visibility("default"), warn_unused_result))
#define STILE_API_VOID __attribute__((visibility("default")))
#else
#define STILE_API
#define STILE_API_VOID
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Grows when something is added. What changes incompatibly changes the soname. */
#define STILE_ABI_VERSION 1u

/* Fixed width: no compiler flag can change the size of a result. */
typedef int32_t stile_status;
enum {
  STILE_OK = 0,
  STILE_ERR_INVALID_ARGUMENT = 1, /* The call itself is wrong: a NULL, a struct_size. */
  STILE_ERR_INTERNAL = 2,         /* The system failed: no memory, no randomness. */
  STILE_ERR_CONFIG = 3,           /* The configuration has mistakes: stile_report has each. */
  STILE_ERR_REFUSED = 4,          /* It has none, and is not admitted: stile_report says why. */
  STILE_ERR_NO_ROOM = 5,          /* The caller's memory is too small. */
  STILE_ERR_NOT_FOUND = 6
};

/* Returns the STILE_ABI_VERSION that the library was built with. A caller built
 * with a greater one must not use what the library lacks. */
STILE_API uint32_t stile_abi_version(void);

/* Returns the release as text, such as "0.1.0". Zero-terminated, as the texts of the
 * next functions, and there as long as the library is loaded. */
STILE_API const char* stile_version(void);

/* Returns a few words about a status, for a log. Any number may be asked about. */
STILE_API const char* stile_status_text(stile_status status);

/* --- Text ------------------------------------------------------------------------ */

typedef struct stile_str {
  const char* data;
  size_t size;
} stile_str;

/* One header field; the name in any case. */
typedef struct stile_field {
  stile_str name;
  stile_str value;
} stile_field;

/* Takes one piece of a longer text. Returns STILE_OK, or an error, which ends the text and
 * comes back from the function that the callback was handed to. */
typedef stile_status (*stile_write_fn)(void* user, const char* data, size_t size);

/* --- Configuration --------------------------------------------------------------- */

/* One file of a configuration, under the name that the configuration has for it. */
typedef struct stile_file {
  stile_str name;
  stile_str text;
} stile_file;

/* Hands over the text of the file called `name`, a path as the configuration writes it, of at
 * most `limit` bytes. It has to live until the function that asked returns, and may then be
 * freed; a text over the limit is refused by that function. Any status but STILE_OK says that
 * there is none. */
typedef stile_status (*stile_read_fn)(void* user, stile_str name, size_t limit, stile_str* text);

/* What an engine is made of: the stile.toml that a stiled takes, and the policies, lists, key and
 * secrets files that it names. Sections that only the service reads, such as [[listener]] and
 * [metrics], may stand in it and are skipped. */
typedef struct stile_config {
  uint32_t struct_size;
  uint32_t file_count;
  const stile_file* files; /* Whatever is at hand. */
  stile_str name;          /* Which file is the stile.toml; empty: "stile.toml". */
  stile_read_fn read;      /* Asked for what is not in `files`; may be NULL. */
  void* read_user;
} stile_config;

/* How serious a line of a report is. */
enum { STILE_LOG_ERROR = 1, STILE_LOG_WARNING = 2, STILE_LOG_INFO = 3 };

/* Takes one finding: `place` is "stile.toml:3:8" or empty, `message` a sentence that says what to
 * change. Neither holds a secret, nor control characters. It may call the library. */
typedef void (*stile_log_fn)(void* user, int32_t level, stile_str place, stile_str message);

/* Why a configuration without mistakes is not admitted in place of one that serves. */
enum {
  STILE_REFUSAL_NOT_JUDGED = 0,
  STILE_REFUSAL_NONE = 1,  /* It is admitted. */
  STILE_REFUSAL_LIMIT = 2, /* It is larger than it may be. */
  STILE_REFUSAL_MISTAKES = 3,
  STILE_REFUSAL_FAULT = 4,        /* It has no answer for some ordinary request. */
  STILE_REFUSAL_STEPS = 5,        /* It takes too much work for one. */
  STILE_REFUSAL_CORPUS = 6,       /* It turns away ordinary visitors. */
  STILE_REFUSAL_LETS_IN = 7,      /* It lets everybody in who is challenged now. */
  STILE_REFUSAL_BLAST_RADIUS = 8, /* It turns away too many of the clients that are served. */
  STILE_REFUSAL_ROLLED_BACK = 9   /* It served some clients, and turned away too many. */
};

/* The name that logs have for one, zero-terminated: "blast-radius". */
STILE_API const char* stile_refusal_name(int32_t refusal);

/* Where the functions that read a configuration say what they found. Written whatever they return
 * but STILE_ERR_INVALID_ARGUMENT. May be NULL where it is an argument. */
typedef struct stile_report {
  uint32_t struct_size;
  uint32_t text_room;
  char* text;       /* In: memory for the findings, or NULL. One line each, "place: message";
                       ended by a zero, and cut at a line's end where there is no room. */
  stile_log_fn log; /* In: called for each finding, or NULL. */
  void* log_user;
  uint32_t text_size; /* Out: bytes written to `text`, without the zero. */
  uint32_t errors;    /* Out: how many findings are errors. */
  uint32_t warnings;
  int32_t refusal;  /* Out: STILE_REFUSAL_*. */
  int32_t on_trial; /* Out: 1 if it is admitted, and serves some clients first. */
  char digest[72];  /* Out: what the configuration is known by; zero-terminated. */
} stile_report;

/* --- Tables ---------------------------------------------------------------------- */

/* What is counted: budgets, the numbers of response tokens, and what was revoked. Outlives engines
 * and reloads. Lock-free, and safe for any number of threads and processes at once. The functions
 * that make them read the stile.toml alone, which has to be right: with one that isn't, an engine
 * has tables of its own. */
typedef struct stile_tables stile_tables;

/* Opens the tables of the table file at `path` (zero-terminated), which every process of this
 * machine that opens the same file shares, a stiled with that [state] tables among them. Their
 * sizes are those of `config`; where the file has none of these sizes, it gets new tables. Makes
 * the file if there is none. Returns STILE_ERR_CONFIG if it is something else's, STILE_ERR_INTERNAL
 * if it can't be made. */
STILE_API stile_status stile_tables_open(const stile_config* config, const char* path,
                                         stile_report* report, stile_tables** tables);

/* How many bytes of memory the tables of `config` need for stile_tables_attach. */
STILE_API stile_status stile_tables_room(const stile_config* config, stile_report* report,
                                         size_t* room);

/* Tables in the caller's memory, `room` bytes aligned to 64, such as a proxy's shared memory zone.
 * Whoever attaches first makes them: nobody else may be in the middle of this call for the same
 * memory. Where the memory holds tables of the same sizes and version, they are taken over as they
 * are, so that a reload forgives nothing; anything else in it is overwritten, tables of
 * other sizes among it: whoever used those must be gone. The memory outlives the tables and all
 * engines made with them, and may be mapped at different addresses. */
STILE_API stile_status stile_tables_attach(const stile_config* config, void* memory, size_t room,
                                           stile_report* report, stile_tables** tables);

/* Engines that were made with them keep them. */
STILE_API_VOID void stile_tables_free(stile_tables* tables);

/* --- Engine ---------------------------------------------------------------------- */

/* Sites, keys and one generation of policies. What serves is immutable; a reload puts another in
 * its place. */
typedef struct stile_engine stile_engine;

enum {
  /* Insist: admit what turns away many, where its own configuration says so too
   * ([admission] blast_radius_override), and what was rolled back. */
  STILE_ENGINE_FORCE = 1
};

typedef struct stile_engine_options {
  uint32_t struct_size;
  uint32_t flags; /* STILE_ENGINE_*. */
  int64_t now_ms;
  int64_t steady_ms;
  /* Used by stile_engine_new alone: */
  const stile_tables* tables; /* NULL: the predecessor's, or else some of this process and its
                                 children. */
  /* An engine that this one is to follow, such as that of a proxy's last configuration. The new
   * one is judged against it, and has its tables and mode. It is not changed. May be NULL. */
  const stile_engine* predecessor;
  /* What stile_engine_last_good gave before, latest first, for where `config` can't be used: a
   * start serves what has proven good rather than nothing. Keys are never part of it: they come
   * from `config`. */
  const stile_str* last_good;
  size_t last_good_count;
} stile_engine_options;

/* Makes an engine. Whatever `config` lacks or has wrong is found here and not later, so a proxy's
 * own check of its configuration finds it too. Allocates; takes some 10 ms, more with long lists.
 * Returns STILE_ERR_CONFIG for mistakes, STILE_ERR_REFUSED if `predecessor` is better. */
STILE_API stile_status stile_engine_new(const stile_config* config,
                                        const stile_engine_options* options, stile_report* report,
                                        stile_engine** engine);

/* Puts `config` in the place of what serves, or leaves everything as it is and says why. It is
 * compared with what serves on a corpus of requests and on those of the last minutes, and may serve
 * some clients first ([admission] cohort_percent). Takes effect with each worker's next request.
 * Keys are renewed by it too. */
STILE_API stile_status stile_engine_reload(stile_engine* engine, const stile_config* config,
                                           const stile_engine_options* options,
                                           stile_report* report);

/* What a tick found out. */
typedef struct stile_tick {
  uint32_t struct_size;
  int32_t promoted;    /* 1: what serves has proven good just now: keep stile_engine_last_good. */
  int32_t rolled_back; /* 1: a trial was ended just now, for what it did to its clients. */
  uint32_t retired;    /* Engines that workers without a request since a reload still hold. */
} stile_tick;

/* The engine's own work: ends trials, finds out what has proven good, frees what nobody uses any
 * more. Call it about once a second, from any thread. `tick` may be NULL. */
STILE_API stile_status stile_engine_tick(stile_engine* engine, int64_t steady_ms, stile_tick* tick);

/* Copies what has proven good to `out`, the latest for `index` 0, to be kept and handed to
 * stile_engine_new at the next start. `size` is how long it is, and also written with
 * STILE_ERR_NO_ROOM. Returns STILE_ERR_NOT_FOUND past the last one. Holds no key and no secret. */
STILE_API stile_status stile_engine_last_good(const stile_engine* engine, size_t index, char* out,
                                              size_t room, size_t* size);

enum {
  STILE_MODE_CONFIGURED = 0, /* As each site's configuration says. */
  STILE_MODE_ENFORCE = 1,
  STILE_MODE_SHADOW = 2, /* Decide and count, let everything pass. */
  STILE_MODE_OPEN = 3,   /* Let everything pass. */
  STILE_MODE_ATTACK = 4  /* Challenge at the highest level. */
};

/* Switches every site of an engine, that of a trial included. Takes effect with the next request,
 * needs no memory, and holds over reloads until it is called again. While a reload judges its
 * configuration, it waits for that: some tenths of a second at most. */
STILE_API stile_status stile_engine_set_mode(stile_engine* engine, int32_t mode);

/* What an engine has done since it was made, summed over its workers. */
typedef struct stile_stats {
  uint32_t struct_size;
  int32_t mode;           /* STILE_MODE_*, as it was set. */
  int32_t from_last_good; /* 1: the configuration of the start was of no use. */
  uint32_t site_count;
  uint64_t generation; /* 1, and one more for each that was published. */
  uint64_t reloads;    /* Configurations offered since the start, */
  uint64_t refused;    /* those that were refused, */
  uint64_t rolled_back;
  uint64_t promoted;
  uint64_t allowed; /* Decisions by action. */
  uint64_t challenged;
  uint64_t denied;
  uint64_t served; /* Requests for Stile's own endpoints. */
  uint64_t challenges_issued;
  uint64_t issue_failures;  /* Challenges that could not be issued. */
  uint64_t redeemed;        /* Solutions that earned a clearance, */
  uint64_t redeems_refused; /* and those that did not. */
  uint64_t renewed;         /* Clearances that were extended. */
  uint64_t tokens_sold;
  uint64_t client_address_unknown; /* Decisions about clients of no known address. */
  char digest[72];                 /* Of what serves, and */
  char trial[72];                  /* of what is on trial; empty: nothing is. Zero-terminated. */
} stile_stats;

STILE_API stile_status stile_engine_stats(stile_engine* engine, stile_stats* stats);

/* How many requests of one site (by its place in the configuration, from 0) got this action with
 * this verdict. Returns STILE_ERR_NOT_FOUND if there is no such site, action or verdict. Sites past
 * the 64th are counted with it. */
STILE_API stile_status stile_engine_decisions(stile_engine* engine, uint32_t site, int32_t action,
                                              int32_t verdict, uint64_t* count);

/* The name of a site, zero-terminated, into `out`, which has 72 bytes. */
STILE_API stile_status stile_engine_site_name(stile_engine* engine, uint32_t site, char* out);

/* After every worker of it. Neither this nor stile_tables_free touches the memory of tables that
 * were attached: it may be gone by then. */
STILE_API_VOID void stile_engine_free(stile_engine* engine);

/* --- Worker ---------------------------------------------------------------------- */

/* One thread's handle. Some 500 KiB. */
typedef struct stile_worker stile_worker;

/* The engine outlives it. Allocates; any thread. */
STILE_API stile_status stile_worker_new(stile_engine* engine, stile_worker** worker);
/* What it counted stays in the engine's stats. */
STILE_API_VOID void stile_worker_free(stile_worker* worker);

/* --- Requests -------------------------------------------------------------------- */

enum { STILE_REQUEST_HTTPS = 1 };

/* One request as the proxy parsed it. What it points to lives until the answer was sent. Longer or
 * more than these limits say, and the request is denied, though not counted, unless the mode of its
 * site lets everything pass: it never becomes an error, since its own bytes can cause it. */
enum { STILE_MAX_FIELDS = 512, STILE_MAX_TEXT = 65536 /* Bytes of one text. */ };
typedef struct stile_request {
  uint32_t struct_size;
  uint32_t flags;   /* STILE_REQUEST_HTTPS: the client came by TLS, as far as the proxy knows. */
  stile_str method; /* As sent: "GET". */
  stile_str target; /* Path and query as sent, neither decoded nor normalized. */
  stile_str host;   /* The request's host; a port is left out of account. */
  /* Every header field in the order sent, Cookie and Host included. */
  const stile_field* fields;
  size_t field_count;
  /* The client: never what a client can write itself. Unknown: a family of 0. */
  uint32_t address_family; /* 4 or 6. */
  uint32_t site;           /* What stile_site_id returned, to pin it to a site: the one for "*" if
                              there is none of that name. 0: by host. */
  uint8_t address[16];     /* In network order; the first 4 bytes where the family is 4. */
  /* What else the proxy knows; each may be empty or 0. */
  char country[4]; /* "NO" */
  uint32_t asn;
  stile_str tls_fingerprint;
} stile_request;

/* The id of the site called `name`, the same in every engine. */
STILE_API uint32_t stile_site_id(stile_str name);

/* Writes 1 if the request is for one of Stile's own endpoints, "/.stile/..." by default, which a
 * proxy serves even where it asks about nothing else; else 0. Counts nothing. */
STILE_API stile_status stile_is_own(stile_worker* worker, const stile_request* request,
                                    int32_t* own);

enum {
  STILE_ACTION_ERROR = 0, /* The call failed: what the proxy does then is its operator's choice. */
  STILE_ACTION_ALLOW = 1,
  STILE_ACTION_CHALLENGE = 2,
  STILE_ACTION_DENY = 3,
  STILE_ACTION_SERVE = 4 /* One of Stile's own endpoints. */
};

/* What was found out about the client's clearance; docs/wire-format.md has the order. */
enum {
  STILE_VERDICT_NONE = 0,
  STILE_VERDICT_VALID = 1,
  STILE_VERDICT_ABSENT = 2,
  STILE_VERDICT_MALFORMED = 3,
  STILE_VERDICT_EXPIRED = 4,
  STILE_VERDICT_UNKNOWN_KEY = 5,
  STILE_VERDICT_FORGED = 6,
  STILE_VERDICT_WRONG_CLIENT = 7,
  STILE_VERDICT_UNSOLVED = 8,
  STILE_VERDICT_SPENT = 9,
  STILE_VERDICT_WRONG_SITE = 10,
  STILE_VERDICT_NOT_YET_VALID = 11,
  STILE_VERDICT_UNSIGNED = 12,
  STILE_VERDICT_TOO_EARLY = 13,
  STILE_VERDICT_LIMITED = 14,
  STILE_VERDICT_TOO_MANY_TRIES = 15,
  STILE_VERDICT_REVOKED = 16
};

/* The name that logs and metrics have for an action or a verdict, zero-terminated: "allow",
 * "wrong-client". "none" for a number that is none. */
STILE_API const char* stile_action_name(int32_t action);
STILE_API const char* stile_verdict_name(int32_t verdict);

enum {
  STILE_DECISION_BY_MODE = 1, /* The site's mode lets it pass, not the policy. */
  STILE_DECISION_BY_GRACE = 2 /* An expired clearance carried an unsafe method. */
};

typedef struct stile_decision {
  uint32_t struct_size;
  int32_t action;         /* STILE_ACTION_*. */
  int32_t verdict;        /* STILE_VERDICT_*. */
  uint32_t flags;         /* STILE_DECISION_*. */
  uint32_t rank_held;     /* 0 without a valid clearance. */
  uint32_t rank_needed;   /* 0 where nothing is asked. */
  uint32_t retry_after_s; /* Until there is enough in the budget that denies. */
  /* With SERVE: stile_respond wants the request's body, of at most so many bytes; a request with a
   * longer one gets stile_respond_too_long. 0: it wants none. */
  uint32_t body_limit;
  uint32_t site; /* Its place in the configuration. */
  /* The rule that decided: its name, or "_default", "_threshold" (a sum of weights), "_exempt" (a
   * built-in exemption), "_limit" (the request is over the limits); empty with SERVE. Borrowed from
   * the engine, as the level is: copy both before the worker's next call, of whatever kind. */
  stile_str rule;
  /* The level that a cleared client holds where it may pass, else the one that is asked for; may be
   * empty. */
  stile_str level;
  uint64_t inner[40]; /* What stile_respond needs. */
} stile_decision;

/* Decides about a request, and counts it. `decision->action` is STILE_ACTION_ERROR until it is
 * written, so nobody passes by an oversight: a status other than STILE_OK never stems from the
 * request's own bytes. 0.2 to 1 us. */
STILE_API stile_status stile_decide(stile_worker* worker, const stile_request* request,
                                    int64_t now_ms, stile_decision* decision);

/* The same about `count` requests, each into the decision of the same index. Cheaper by the request
 * where several are at hand: their MACs are computed side by side. The struct_size of the first of
 * each array is that of all. None of them meets an engine that is on trial. */
STILE_API stile_status stile_decide_many(stile_worker* worker, const stile_request* requests,
                                         size_t count, int64_t now_ms, stile_decision* decisions);

/* --- Answers --------------------------------------------------------------------- */

enum { STILE_MAX_ANSWER_FIELDS = 16 };

/* What the client gets. The proxy adds Content-Length, Date and Connection, and sends no body in
 * answer to HEAD. The views borrow from the worker and are valid until its next request;
 * stile_answer_copy makes them last. */
typedef struct stile_answer {
  uint32_t struct_size;
  uint32_t status; /* 0: none, the request goes on to its origin. */
  uint32_t field_count;
  uint32_t reserved;
  stile_field fields[STILE_MAX_ANSWER_FIELDS];
  stile_str body;
  stile_str reference; /* What the page tells the visitor to quote: for a log. May be empty. */
} stile_answer;

/* Builds what the client gets for `decision`, which stile_decide made of the same request by a
 * worker of the same engine, now or a while ago: page, JSON or redirect. `body` is the request's
 * body where decision->body_limit asks for one, complete; it is not looked at elsewhere. Where it
 * can be built of nothing, the answer is 503, or none where the rule's on_fault says so. About 1 us
 * for a challenge; a redeemed solution costs what its puzzle costs to verify. */
STILE_API stile_status stile_respond(stile_worker* worker, const stile_request* request,
                                     const stile_decision* decision, stile_str body, int64_t now_ms,
                                     stile_answer* answer);

/* The answer to a request whose body is over decision->body_limit: 413. */
STILE_API stile_status stile_respond_too_long(stile_worker* worker, stile_answer* answer);

/* The Set-Cookie value with which the answer to a request that passed should extend its clearance;
 * empty where nothing is due. Add it where no shared cache keeps the answer. */
STILE_API stile_status stile_renew(stile_worker* worker, const stile_request* request,
                                   const stile_decision* decision, int64_t now_ms,
                                   stile_str* set_cookie);

/* Copies the value of a Cookie field without Stile's own cookies to `out`, which has as much room
 * as `cookie` is long: what the origin may see. `size` 0: leave the field out. */
STILE_API stile_status stile_strip_clearance(stile_worker* worker, const stile_request* request,
                                             stile_str cookie, char* out, size_t room,
                                             size_t* size);

/* What a site's own backend asks about a response token: the answer to POST /siteverify with this
 * media type and body. `site`: as in stile_request. Only for a door that clients can't reach. */
STILE_API stile_status stile_siteverify(stile_worker* worker, uint32_t site, stile_str content_type,
                                        stile_str body, int64_t now_ms, stile_answer* answer);

/* Copies what `answer` borrows to `memory` and writes a copy that points there. `size` is how much
 * it takes, and is also written with STILE_ERR_NO_ROOM. */
STILE_API stile_status stile_answer_copy(const stile_answer* answer, void* memory, size_t room,
                                         size_t* size, stile_answer* copy);

enum {
  STILE_WRITE_HEAD_ONLY = 1, /* For HEAD. */
  STILE_WRITE_CLOSE = 2      /* With "Connection: close". */
};

/* Writes `answer` as an HTTP/1.1 message (RFC 9112) to `out`. `size` is how long it is, and is also
 * written with STILE_ERR_NO_ROOM. */
STILE_API stile_status stile_answer_write(const stile_answer* answer, uint32_t flags, char* out,
                                          size_t room, size_t* size);

/* The same by pieces of 4 KiB or of the body whole, for a proxy that writes as it goes. */
STILE_API stile_status stile_answer_send(const stile_answer* answer, uint32_t flags,
                                         stile_write_fn write, void* user);

/* --- What the origin makes of it ------------------------------------------------- */

typedef struct stile_outcome {
  uint32_t struct_size;
  uint32_t status; /* Of the origin's answer; 0: none came. */
  uint32_t millis; /* Until its answer began; 0: not measured. */
  uint32_t reserved;
} stile_outcome;

/* Tells the site's effort control (docs/effort.md) what the origin answered to a request that
 * passed: `request` and `decision` as with stile_renew. Call it for each, once; what counts for
 * nothing is left out here. 50 ns. */
STILE_API stile_status stile_note_outcome(stile_worker* worker, const stile_request* request,
                                          const stile_decision* decision,
                                          const stile_outcome* outcome, int64_t now_ms);

#ifdef __cplusplus
}
#endif

#endif /* STILE_CAPI_STILE_H_ */
