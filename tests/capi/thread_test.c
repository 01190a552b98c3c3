/* Workers of several threads beside one that changes what they serve. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/capi/fixture.h"
#include "tests/capi/visitor.h"

enum { WORKERS = 4, RELOADS = 200 };

struct station {
  stile_engine* engine;
  pthread_t thread;
  const int* stop; /* Read and written by __atomic built-ins. */
  uint64_t decided;
};

/* Every kind of request, in turn, until it is told to stop, and each once at least. */
static void* serve(void* user) {
  static const char* const kTargets[] = {"/", "/open", "/closed", "/strict"};
  static const int32_t kActions[] = {STILE_ACTION_CHALLENGE, STILE_ACTION_ALLOW, STILE_ACTION_DENY,
                                     STILE_ACTION_CHALLENGE};
  struct station* const station = user;
  stile_worker* const worker = new_worker(station->engine);
  struct exchange* const exchange = malloc(sizeof *exchange);
  EXPECT(exchange != NULL);
  while (station->decided < 4 || __atomic_load_n(station->stop, __ATOMIC_RELAXED) == 0) {
    const size_t i = station->decided++ % 4;
    exchange_init(exchange, kTargets[i]);
    add_field(exchange, "Cookie", "a=b; stile=garbage");
    EXPECT_INT(decide(worker, exchange, NOW), kActions[i]);
    EXPECT_INT(respond(worker, exchange, NULL, NOW), i == 1 ? 0 : 403);
    EXPECT_OK(stile_decide_many(worker, &exchange->request, 1, NOW, &exchange->decision));
    EXPECT_INT(exchange->decision.action, kActions[i]);
  }
  free(exchange);
  stile_worker_free(worker);
  return NULL;
}

static void start(struct station* stations, stile_engine* engine, const int* stop) {
  int i;
  for (i = 0; i < WORKERS; ++i) {
    stations[i].engine = engine;
    stations[i].stop = stop;
    stations[i].decided = 0;
    EXPECT_INT(pthread_create(&stations[i].thread, NULL, serve, &stations[i]), 0);
  }
}

static uint64_t finish(struct station* stations, int* stop) {
  uint64_t decided = 0;
  int i;
  __atomic_store_n(stop, 1, __ATOMIC_RELAXED);
  for (i = 0; i < WORKERS; ++i) {
    EXPECT_INT(pthread_join(stations[i].thread, NULL), 0);
    decided += stations[i].decided;
  }
  return decided;
}

TEST(workers_decide_the_same_while_another_thread_reloads) {
  struct station stations[WORKERS];
  stile_engine* const engine = new_engine();
  struct files files;
  int stop = 0;
  stile_stats stats;
  int i;
  uint64_t decided;
  files_init(&files);
  start(stations, engine, &stop);
  for (i = 0; i < RELOADS; ++i) {
    const stile_engine_options options = options_at(NOW, i);
    files_set(&files, "policy.toml", i % 2 == 0 ? POLICY "# Changed.\n" : POLICY);
    EXPECT_OK(stile_engine_reload(engine, &files.config, &options, NULL));
    EXPECT_OK(stile_engine_tick(engine, i, NULL));
  }
  decided = finish(stations, &stop);
  stats = stats_of(engine);
  EXPECT_INT(stats.generation, RELOADS + 1);
  EXPECT_INT(stats.allowed + stats.challenged + stats.denied, 2 * decided);
  stile_engine_free(engine);
}

TEST(threads_switch_ask_and_reload_at_once) {
  struct station stations[WORKERS];
  stile_engine* const engine = new_engine();
  struct files files;
  int stop = 0;
  int i;
  files_init(&files);
  start(stations, engine, &stop);
  for (i = 0; i < 50; ++i) {
    stile_engine_options options = options_at(NOW, i * 30000LL);
    stile_engine* next = NULL;
    stile_tick tick;
    uint64_t count = 0;
    size_t size = 0;
    memset(&tick, 0, sizeof tick);
    tick.struct_size = sizeof tick;
    EXPECT_OK(
        stile_engine_set_mode(engine, i % 2 == 0 ? STILE_MODE_ENFORCE : STILE_MODE_CONFIGURED));
    EXPECT_OK(stile_engine_tick(engine, i * 30000LL, &tick));
    (void)stats_of(engine);
    EXPECT_OK(stile_engine_decisions(engine, 0, 1, 1, &count));
    EXPECT(stile_engine_last_good(engine, 0, NULL, 0, &size) != STILE_OK);
    options.predecessor = engine;
    EXPECT_OK(stile_engine_new(&files.config, &options, NULL, &next));
    stile_engine_free(next);
  }
  (void)finish(stations, &stop);
  stile_engine_free(engine);
}

struct office {
  stile_engine* engine;
  pthread_t thread;
};

/* Whatever takes an engine, from one of several threads. */
static void* administer(void* user) {
  struct office* const office = user;
  struct files files;
  int i;
  files_init(&files);
  for (i = 0; i < 20; ++i) {
    stile_engine_options options = options_at(NOW, i * 90000LL);
    stile_engine* next = NULL;
    char name[72];
    static const int32_t kModes[] = {STILE_MODE_CONFIGURED, STILE_MODE_SHADOW, STILE_MODE_OPEN};
    EXPECT_OK(stile_engine_tick(office->engine, i * 90000LL, NULL));
    EXPECT_OK(stile_engine_reload(office->engine, &files.config, &options, NULL));
    EXPECT_OK(stile_engine_set_mode(office->engine, kModes[i % 3]));
    EXPECT_OK(stile_engine_site_name(office->engine, 1, name));
    (void)stats_of(office->engine);
    options.predecessor = office->engine;
    EXPECT_OK(stile_engine_new(&files.config, &options, NULL, &next));
    stile_engine_free(next);
    stile_worker_free(new_worker(office->engine));
  }
  return NULL;
}

TEST(engine_is_administered_from_several_threads) {
  struct office offices[3];
  stile_engine* const engine = new_engine();
  int i;
  for (i = 0; i < 3; ++i) {
    offices[i].engine = engine;
    EXPECT_INT(pthread_create(&offices[i].thread, NULL, administer, &offices[i]), 0);
  }
  for (i = 0; i < 3; ++i) EXPECT_INT(pthread_join(offices[i].thread, NULL), 0);
  stile_engine_free(engine);
}
