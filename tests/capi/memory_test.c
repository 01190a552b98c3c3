/* What a process loses to Stile: nothing by reloads, and nothing by requests. */
#include <linux/seccomp.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/capi/fixture.h"
#include "tests/capi/visitor.h"

/* --- Allocations, counted --------------------------------------------------------------------- */

extern void* __libc_malloc(size_t size);
extern void* __libc_calloc(size_t count, size_t size);
extern void* __libc_realloc(void* memory, size_t size);
extern void* __libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void* memory);

static int counting;
static int allocations;
static int frees;

void* malloc(size_t size) {
  allocations += counting;
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  allocations += counting;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, size_t size) {
  allocations += counting;
  return __libc_realloc(memory, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  allocations += counting;
  return __libc_memalign(alignment, size);
}
void free(void* memory) {
  frees += counting && memory != NULL;
  __libc_free(memory);
}

TEST(allocations_of_the_library_are_counted) {
  stile_engine* engine;
  counting = 1;
  engine = new_engine();
  counting = 0;
  EXPECT(allocations > 100);
  stile_engine_free(engine);
}

/* One request of each kind, all of them prepared. */
struct requests {
  struct exchange page;
  struct exchange json;
  struct exchange closed;
  struct exchange open;
  struct exchange renewed;
  struct exchange redeemed;
  struct exchange tokens;
  struct exchange too_much;
  char redeem_body[2048];
};

static struct requests prepared;

static void prepare(stile_worker* worker) {
  static stile_field fields[STILE_MAX_FIELDS + 1];
  const struct clearance clearance = {1, 2, 1, NOW / 1000 - 40000, NOW / 1000 + 2000};
  struct exchange first;
  exchange_init(&first, "/");
  EXPECT_INT(ask(worker, &first, NULL, NOW - 10000), 403);
  {
    const char* const challenge = challenge_in(first.answer.body);
    strcpy(prepared.redeem_body,
           format("challenge=%s&solution=%s", challenge, wait_solution(challenge)));
  }
  exchange_init(&prepared.page, "/docs");
  exchange_init(&prepared.json, "/data");
  prepared.json.fields[2].value = str("application/json");
  exchange_init(&prepared.closed, "/closed");
  exchange_init(&prepared.open, "/open");
  exchange_init(&prepared.renewed, "/strict");
  add_field(&prepared.renewed, "Cookie", sealed_cookie(&clearance));
  exchange_init(&prepared.redeemed, "/.stile/redeem");
  prepared.redeemed.request.method = str("POST");
  add_field(&prepared.redeemed, "Content-Type", "application/x-www-form-urlencoded");
  exchange_init(&prepared.tokens, "/.stile/token");
  prepared.tokens.request.method = str("POST");
  add_field(&prepared.tokens, "Content-Type", "application/json");
  add_field(&prepared.tokens, "Cookie", sealed_cookie(&clearance));
  exchange_init(&prepared.too_much, "/");
  prepared.too_much.request.fields = fields;
  prepared.too_much.request.field_count = STILE_MAX_FIELDS + 1;
}

static void decide_and_respond(stile_worker* worker, struct exchange* exchange, stile_str body,
                               uint32_t status) {
  static char message[ROOM];
  static char memory[ROOM];
  size_t size = 0;
  stile_answer copy;
  EXPECT_OK(stile_decide(worker, &exchange->request, NOW, &exchange->decision));
  EXPECT_OK(
      stile_respond(worker, &exchange->request, &exchange->decision, body, NOW, &exchange->answer));
  EXPECT_INT(exchange->answer.status, status);
  if (status == 0) return;
  memset(&copy, 0, sizeof copy);
  copy.struct_size = sizeof copy;
  EXPECT_OK(stile_answer_write(&exchange->answer, 0, message, sizeof message, &size));
  EXPECT_OK(stile_answer_copy(&exchange->answer, memory, sizeof memory, &size, &copy));
}

/* Everything that a worker does, with what was prepared. */
static void serve_all(stile_worker* worker) {
  const stile_str nothing = {NULL, 0};
  static stile_request requests[32];
  static stile_decision decisions[32];
  stile_str cookie = {NULL, 0};
  const stile_outcome outcome = {sizeof outcome, 500, 20, 0};
  stile_answer answer;
  char out[256];
  size_t size = 0;
  int32_t own = 0;
  int i;
  memset(&answer, 0, sizeof answer);
  answer.struct_size = sizeof answer;
  decide_and_respond(worker, &prepared.page, nothing, 403);
  decide_and_respond(worker, &prepared.json, nothing, 403);
  decide_and_respond(worker, &prepared.closed, nothing, 403);
  decide_and_respond(worker, &prepared.open, nothing, 0);
  decide_and_respond(worker, &prepared.renewed, nothing, 0);
  EXPECT_OK(
      stile_renew(worker, &prepared.renewed.request, &prepared.renewed.decision, NOW, &cookie));
  EXPECT(cookie.size > 0);
  EXPECT_OK(stile_note_outcome(worker, &prepared.renewed.request, &prepared.renewed.decision,
                               &outcome, NOW));
  decide_and_respond(worker, &prepared.redeemed, str(prepared.redeem_body), 303);
  decide_and_respond(worker, &prepared.tokens, str("{}"), 200);
  decide_and_respond(worker, &prepared.too_much, nothing, 431);
  EXPECT_OK(stile_is_own(worker, &prepared.page.request, &own));
  EXPECT_OK(stile_respond_too_long(worker, &answer));
  EXPECT_OK(stile_siteverify(worker, 0, str("application/x-www-form-urlencoded"),
                             str("secret=" BACKEND_SECRET "&response=garbage"), NOW, &answer));
  EXPECT_OK(stile_strip_clearance(worker, &prepared.page.request, str("a=1; stile=x"), out,
                                  sizeof out, &size));
  for (i = 0; i < 32; ++i) {
    requests[i] = i % 2 == 0 ? prepared.renewed.request : prepared.page.request;
  }
  decisions[0].struct_size = sizeof decisions[0];
  EXPECT_OK(stile_decide_many(worker, requests, 32, NOW, decisions));
}

TEST(worker_allocates_nothing) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  prepare(worker);
  counting = 1;
  serve_all(worker);
  counting = 0;
  EXPECT_INT(allocations, 0);
  EXPECT_INT(frees, 0);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(worker_allocates_nothing_after_a_reload) {
  const stile_engine_options options = options_at(NOW, 1000);
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct files files;
  prepare(worker);
  files_init(&files);
  files_set(&files, "policy.toml", POLICY "# Changed.\n");
  EXPECT_OK(stile_engine_reload(engine, &files.config, &options, NULL));
  counting = 1;
  serve_all(worker);
  counting = 0;
  EXPECT_INT(allocations, 0);
  EXPECT_INT(frees, 0);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

/* The kernel kills whoever makes a system call but read, write and exit. A worker's first challenge
 * asks for randomness, and no later one. */
TEST(worker_makes_no_system_call) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  int status = -1;
  int i;
  pid_t child;
  prepare(worker);
  child = fork();
  EXPECT(child >= 0);
  if (child == 0) {
    stile_worker* const own = new_worker(engine);
    struct exchange first;
    exchange_init(&first, "/");
    EXPECT_INT(ask(own, &first, NULL, NOW), 403);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) _exit(77);
    serve_all(own);
    for (i = 0; i < 200; ++i) decide_and_respond(own, &prepared.page, str(NULL), 403);
    syscall(SYS_exit, 0);
  }
  EXPECT_INT(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
    fprintf(stderr, "this kernel has no seccomp: nothing was checked\n");
    exit(77);
  }
  EXPECT_INT(status, 0);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

/* --- Reloads ---------------------------------------------------------------------------------- */

static size_t resident_kib(void) {
  unsigned long pages = 0;
  FILE* const file = fopen("/proc/self/statm", "r");
  EXPECT(file != NULL);
  EXPECT_INT(fscanf(file, "%*u %lu", &pages), 1);
  fclose(file);
  return pages * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* Reloads one configuration after another, each with a request, and one in five wrong. */
static void reload_times(stile_engine* engine, stile_worker* worker, int times) {
  struct files files;
  int i;
  files_init(&files);
  for (i = 0; i < times; ++i) {
    const stile_engine_options options = options_at(NOW, i);
    struct exchange exchange;
    struct report report;
    report_init(&report);
    files_set(&files, "policy.toml",
              i % 5 == 4   ? POLICY "nonsense\n"
              : i % 2 == 0 ? POLICY "# Changed.\n"
                           : POLICY);
    EXPECT_INT(stile_engine_reload(engine, &files.config, &options, &report.report),
               i % 5 == 4 ? STILE_ERR_CONFIG : STILE_OK);
    exchange_init(&exchange, "/");
    EXPECT_INT(ask(worker, &exchange, NULL, NOW), 403);
    EXPECT_OK(stile_engine_tick(engine, i, NULL));
  }
}

TEST(thousand_reloads_leak_nothing) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  size_t used;
  size_t resident;
  reload_times(engine, worker, 100);
  used = mallinfo2().uordblks;
  resident = resident_kib();
  reload_times(engine, worker, 900);
  printf("in use %zu -> %zu bytes, resident %zu -> %zu KiB\n", used, mallinfo2().uordblks, resident,
         resident_kib());
  /* A leak of 40 bytes by the reload would show. */
  EXPECT(mallinfo2().uordblks < used + 32768);
  EXPECT(resident_kib() < resident + 8192);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

/* Everything in use after `times` engines and workers, each of which met a request. */
static size_t use_after_engines(int times) {
  int i;
  for (i = 0; i < times; ++i) {
    stile_engine* const engine = new_engine();
    stile_worker* const worker = new_worker(engine);
    struct exchange exchange;
    exchange_init(&exchange, "/");
    EXPECT_INT(ask(worker, &exchange, NULL, NOW), 403);
    stile_worker_free(worker);
    stile_engine_free(engine);
  }
  return mallinfo2().uordblks + mallinfo2().hblkhd;
}

TEST(engines_and_workers_leave_nothing) {
  const size_t used = use_after_engines(20);
  const size_t resident = resident_kib();
  EXPECT(use_after_engines(180) < used + 4096);
  EXPECT(resident_kib() < resident + 8192);
}
