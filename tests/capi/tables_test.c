/* Tables: what several engines and processes count together. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/capi/fixture.h"
#include "tests/capi/visitor.h"

/* An engine with a worker that count in `tables`. */
struct counter {
  stile_engine* engine;
  stile_worker* worker;
};

static struct counter counter_of(const stile_tables* tables) {
  struct counter made = {NULL, NULL};
  struct files files;
  stile_engine_options options = options_at(NOW, 0);
  options.tables = tables;
  files_init(&files);
  EXPECT_OK(stile_engine_new(&files.config, &options, NULL, &made.engine));
  made.worker = new_worker(made.engine);
  return made;
}

static void counter_free(struct counter* counter) {
  stile_worker_free(counter->worker);
  stile_engine_free(counter->engine);
}

/* What becomes of a request of the same visitor to /once, which passes once an hour. */
static int32_t visit(stile_worker* worker) {
  const struct clearance clearance = {1, 2, 1, NOW / 1000 - 60, NOW / 1000 + 43140};
  struct exchange exchange;
  exchange_init(&exchange, "/once");
  add_field(&exchange, "Cookie", sealed_cookie(&clearance));
  return decide(worker, &exchange, NOW);
}

static size_t room_of(const struct files* files) {
  size_t room = 0;
  EXPECT_OK(stile_tables_room(&files->config, NULL, &room));
  EXPECT(room > 64 * 1024);
  return room;
}

static void* aligned(size_t room) {
  void* memory = NULL;
  EXPECT_INT(posix_memalign(&memory, 64, room), 0);
  memset(memory, 0xA5, room);
  return memory;
}

static stile_tables* attach(const struct files* files, void* memory, size_t room) {
  stile_tables* tables = NULL;
  struct report report;
  report_init(&report);
  EXPECT_OK(stile_tables_attach(&files->config, memory, room, &report.report, &tables));
  EXPECT(tables != NULL);
  return tables;
}

/* --- The caller's memory ---------------------------------------------------------------------- */

TEST(engines_with_one_memory_share_a_budget) {
  struct files files;
  files_init(&files);
  {
    const size_t room = room_of(&files);
    void* const memory = aligned(room);
    stile_tables* const tables = attach(&files, memory, room);
    stile_tables* const same = attach(&files, memory, room);
    struct counter first = counter_of(tables);
    struct counter second = counter_of(same);
    stile_tables_free(tables);
    stile_tables_free(same);
    EXPECT_INT(visit(first.worker), STILE_ACTION_ALLOW);
    EXPECT_INT(visit(second.worker), STILE_ACTION_DENY);
    counter_free(&first);
    counter_free(&second);
    free(memory);
  }
}

TEST(engines_of_no_common_tables_share_nothing) {
  struct counter first = counter_of(NULL);
  struct counter second = counter_of(NULL);
  EXPECT_INT(visit(first.worker), STILE_ACTION_ALLOW);
  EXPECT_INT(visit(second.worker), STILE_ACTION_ALLOW);
  counter_free(&first);
  counter_free(&second);
}

TEST(nothing_is_written_past_the_room) {
  struct files files;
  files_init(&files);
  {
    const size_t room = room_of(&files);
    uint8_t* const memory = aligned(room + 4096);
    stile_tables* const tables = attach(&files, memory, room);
    struct counter counter = counter_of(tables);
    size_t i;
    (void)visit(counter.worker);
    for (i = 0; i < 4096; ++i) EXPECT_INT(memory[room + i], 0xA5);
    counter_free(&counter);
    stile_tables_free(tables);
    free(memory);
  }
}

TEST(tables_survive_at_another_address) {
  struct files files;
  files_init(&files);
  {
    const size_t room = room_of(&files);
    const int file = memfd_create("tables", MFD_CLOEXEC);
    void* first;
    void* second;
    EXPECT(file >= 0);
    EXPECT_INT(ftruncate(file, (off_t)room), 0);
    first = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    second = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    EXPECT(first != MAP_FAILED && second != MAP_FAILED && first != second);
    {
      stile_tables* const tables = attach(&files, first, room);
      struct counter counter = counter_of(tables);
      EXPECT_INT(visit(counter.worker), STILE_ACTION_ALLOW);
      counter_free(&counter);
      stile_tables_free(tables);
      EXPECT_INT(munmap(first, room), 0);
    }
    {
      stile_tables* const tables = attach(&files, second, room);
      struct counter counter = counter_of(tables);
      EXPECT_INT(visit(counter.worker), STILE_ACTION_DENY);
      counter_free(&counter);
      stile_tables_free(tables);
    }
    EXPECT_INT(munmap(second, room), 0);
    close(file);
  }
}

TEST(tables_of_other_sizes_are_made_anew) {
  struct files files;
  struct files other;
  files_init(&files);
  files_init(&other);
  files_set(&other, "stile.toml",
            "[[site]]\nname = \"main\"\nhosts = [\"*\"]\npolicy = \"policy.toml\"\n"
            "[keys]\nfile = \"keys.toml\"\n[budgets]\nclearances = 8192\n");
  {
    const size_t room = room_of(&other) > room_of(&files) ? room_of(&other) : room_of(&files);
    void* const memory = aligned(room);
    stile_tables* tables = attach(&files, memory, room);
    struct counter counter = counter_of(tables);
    EXPECT(room_of(&other) != room_of(&files));
    EXPECT_INT(visit(counter.worker), STILE_ACTION_ALLOW);
    counter_free(&counter);
    stile_tables_free(tables);
    tables = attach(&other, memory, room);
    counter = counter_of(tables);
    EXPECT_INT(visit(counter.worker), STILE_ACTION_ALLOW);
    EXPECT_INT(visit(counter.worker), STILE_ACTION_DENY);
    counter_free(&counter);
    stile_tables_free(tables);
    free(memory);
  }
}

TEST(damaged_tables_are_made_anew) {
  struct files files;
  files_init(&files);
  {
    const size_t room = room_of(&files);
    uint8_t* const memory = aligned(room);
    stile_tables* tables = attach(&files, memory, room);
    struct counter counter = counter_of(tables);
    EXPECT_INT(visit(counter.worker), STILE_ACTION_ALLOW);
    counter_free(&counter);
    stile_tables_free(tables);
    memory[50] ^= 1; /* In the header. */
    tables = attach(&files, memory, room);
    counter = counter_of(tables);
    EXPECT_INT(visit(counter.worker), STILE_ACTION_ALLOW);
    counter_free(&counter);
    stile_tables_free(tables);
    free(memory);
  }
}

TEST(memory_that_is_not_aligned_is_refused) {
  struct files files;
  struct report report;
  stile_tables* tables = NULL;
  files_init(&files);
  report_init(&report);
  {
    const size_t room = room_of(&files);
    uint8_t* const memory = aligned(room + 64);
    EXPECT(stile_tables_attach(&files.config, memory + 32, room, &report.report, &tables) !=
           STILE_OK);
    EXPECT(tables == NULL);
    EXPECT(report.report.errors == 1 && report.report.text_size > 10);
    EXPECT_INT(memory[32], 0xA5);
    free(memory);
  }
}

TEST(memory_that_is_too_small_is_refused) {
  struct files files;
  struct report report;
  stile_tables* tables = NULL;
  files_init(&files);
  report_init(&report);
  {
    const size_t room = room_of(&files);
    uint8_t* const memory = aligned(room);
    EXPECT(stile_tables_attach(&files.config, memory, room - 1, &report.report, &tables) !=
           STILE_OK);
    EXPECT(tables == NULL);
    EXPECT(report.report.errors == 1 && report.report.text_size > 10);
    EXPECT_INT(memory[0], 0xA5);
    free(memory);
  }
}

TEST(tables_of_a_configuration_with_mistakes_are_refused_with_places) {
  struct files files;
  struct report report;
  size_t room = 7;
  files_init(&files);
  files_set(&files, "stile.toml", TOML "soak_fro = 1\n");
  report_init(&report);
  EXPECT_INT(stile_tables_room(&files.config, &report.report, &room), STILE_ERR_CONFIG);
  EXPECT(has(str(report.text), "stile.toml:"));
  EXPECT_INT(room, 7);
}

TEST(memory_may_be_gone_when_engine_and_tables_are_freed) {
  struct files files;
  files_init(&files);
  {
    const size_t room = room_of(&files);
    void* const memory =
        mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stile_tables* tables;
    struct counter counter;
    EXPECT(memory != MAP_FAILED);
    tables = attach(&files, memory, room);
    counter = counter_of(tables);
    (void)visit(counter.worker);
    stile_worker_free(counter.worker);
    EXPECT_INT(munmap(memory, room), 0);
    stile_engine_free(counter.engine);
    stile_tables_free(tables);
  }
}

TEST(reload_counts_on_in_the_same_tables) {
  struct files files;
  files_init(&files);
  {
    const stile_engine_options options = options_at(NOW, 1000);
    const size_t room = room_of(&files);
    void* const memory = aligned(room);
    stile_tables* const tables = attach(&files, memory, room);
    struct counter counter = counter_of(tables);
    EXPECT_INT(visit(counter.worker), STILE_ACTION_ALLOW);
    files_set(&files, "policy.toml", POLICY "# Changed.\n");
    EXPECT_OK(stile_engine_reload(counter.engine, &files.config, &options, NULL));
    EXPECT_INT(visit(counter.worker), STILE_ACTION_DENY);
    counter_free(&counter);
    stile_tables_free(tables);
    free(memory);
  }
}

/* --- A table file ----------------------------------------------------------------------------- */

struct folder {
  char path[64];
  char tables[96];
};

static void folder_init(struct folder* folder) {
  strcpy(folder->path, "/tmp/stile-capi-XXXXXX");
  EXPECT(mkdtemp(folder->path) != NULL);
  strcpy(folder->tables, folder->path);
  strcat(folder->tables, "/tables");
}

static void folder_free(const struct folder* folder) {
  unlink(folder->tables);
  rmdir(folder->path);
}

static stile_tables* open_tables(const struct folder* folder) {
  struct files files;
  stile_tables* tables = NULL;
  files_init(&files);
  EXPECT_OK(stile_tables_open(&files.config, folder->tables, NULL, &tables));
  return tables;
}

/* Runs `child` in a process of its own. Returns what it returned. */
static int in_child(int (*child)(void* user), void* user) {
  const pid_t pid = fork();
  int status = -1;
  EXPECT(pid >= 0);
  if (pid == 0) _exit(child(user));
  EXPECT_INT(waitpid(pid, &status, 0), pid);
  EXPECT(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static int visit_by_path(void* user) {
  stile_tables* const tables = open_tables(user);
  struct counter counter = counter_of(tables);
  const int32_t action = visit(counter.worker);
  counter_free(&counter);
  stile_tables_free(tables);
  return action;
}

TEST(processes_with_one_table_file_share_a_budget) {
  struct folder folder;
  stile_tables* mine;
  struct counter counter;
  folder_init(&folder);
  EXPECT_INT(in_child(visit_by_path, &folder), STILE_ACTION_ALLOW);
  EXPECT_INT(in_child(visit_by_path, &folder), STILE_ACTION_DENY);
  mine = open_tables(&folder);
  counter = counter_of(mine);
  EXPECT_INT(visit(counter.worker), STILE_ACTION_DENY);
  counter_free(&counter);
  stile_tables_free(mine);
  folder_free(&folder);
}

TEST(table_file_that_cannot_be_made_is_named) {
  struct files files;
  struct report report;
  stile_tables* tables = NULL;
  files_init(&files);
  report_init(&report);
  EXPECT_INT(stile_tables_open(&files.config, "/proc/nowhere/tables", &report.report, &tables),
             STILE_ERR_INTERNAL);
  EXPECT(has(str(report.text), "/proc/nowhere/tables"));
  EXPECT(tables == NULL);
}

TEST(file_of_something_else_is_refused_and_left_alone) {
  static const char kText[] = "somebody's notes\n";
  struct folder folder;
  struct files files;
  struct report report;
  stile_tables* tables = NULL;
  char text[64] = "";
  int file;
  folder_init(&folder);
  file = open(folder.tables, O_RDWR | O_CREAT, 0600);
  EXPECT(file >= 0);
  EXPECT_INT(write(file, kText, sizeof kText), sizeof kText);
  files_init(&files);
  report_init(&report);
  EXPECT_INT(stile_tables_open(&files.config, folder.tables, &report.report, &tables),
             STILE_ERR_CONFIG);
  EXPECT(tables == NULL);
  EXPECT(report.report.errors > 0);
  EXPECT_INT(pread(file, text, sizeof text, 0), sizeof kText);
  EXPECT_TEXT(str(text), kText);
  close(file);
  folder_free(&folder);
}

/* --- fork() ----------------------------------------------------------------------------------- */

static int visit_as_child(void* user) {
  stile_worker* const worker = new_worker(user);
  const int32_t action = visit(worker);
  stile_worker_free(worker);
  return action;
}

TEST(parent_and_children_share_a_budget) {
  stile_engine* const engine = new_engine();
  stile_worker* worker;
  EXPECT_INT(in_child(visit_as_child, engine), STILE_ACTION_ALLOW);
  EXPECT_INT(in_child(visit_as_child, engine), STILE_ACTION_DENY);
  worker = new_worker(engine);
  EXPECT_INT(visit(worker), STILE_ACTION_DENY);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(child_may_free_what_its_parent_made) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  const pid_t pid = fork();
  int status = -1;
  EXPECT(pid >= 0);
  if (pid == 0) {
    stile_worker_free(worker);
    stile_engine_free(engine);
    exit(0); /* And whatever runs at exit. */
  }
  EXPECT_INT(waitpid(pid, &status, 0), pid);
  EXPECT_INT(status, 0);
  EXPECT_INT(visit(worker), STILE_ACTION_ALLOW);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

struct challenges {
  char text[3][2048];
};

static void take_challenge(stile_worker* worker, char* out) {
  struct exchange exchange;
  exchange_init(&exchange, "/");
  EXPECT_INT(ask(worker, &exchange, NULL, NOW), 403);
  strcpy(out, challenge_in(exchange.answer.body));
}

TEST(processes_of_one_engine_draw_different_challenges) {
  struct challenges* const shared = mmap(NULL, sizeof(struct challenges), PROT_READ | PROT_WRITE,
                                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  stile_engine* const engine = new_engine();
  stile_worker* worker;
  int i;
  EXPECT(shared != MAP_FAILED);
  for (i = 0; i < 2; ++i) {
    const pid_t pid = fork();
    int status = -1;
    EXPECT(pid >= 0);
    if (pid == 0) {
      take_challenge(new_worker(engine), shared->text[i]);
      _exit(0);
    }
    EXPECT_INT(waitpid(pid, &status, 0), pid);
    EXPECT_INT(status, 0);
  }
  worker = new_worker(engine);
  take_challenge(worker, shared->text[2]);
  /* The id: 16 bytes from the fourth on, all of whose text lies in these. */
  for (i = 0; i < 3; ++i) {
    EXPECT(strlen(shared->text[i]) > 100);
    EXPECT(memcmp(shared->text[i] + 6, shared->text[(i + 1) % 3] + 6, 20) != 0);
  }
  stile_worker_free(worker);
  stile_engine_free(engine);
  munmap(shared, sizeof *shared);
}

TEST(challenge_of_one_process_is_redeemed_by_another) {
  struct challenges* const shared = mmap(NULL, sizeof(struct challenges), PROT_READ | PROT_WRITE,
                                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  stile_engine* const engine = new_engine();
  stile_worker* worker;
  struct exchange exchange;
  int status = -1;
  pid_t pid;
  EXPECT(shared != MAP_FAILED);
  pid = fork();
  EXPECT(pid >= 0);
  if (pid == 0) {
    take_challenge(new_worker(engine), shared->text[0]);
    _exit(0);
  }
  EXPECT_INT(waitpid(pid, &status, 0), pid);
  EXPECT_INT(status, 0);
  worker = new_worker(engine);
  EXPECT_INT(redeem_form(worker, &exchange, shared->text[0], NOW + 5000), 303);
  stile_worker_free(worker);
  stile_engine_free(engine);
  munmap(shared, sizeof *shared);
}
