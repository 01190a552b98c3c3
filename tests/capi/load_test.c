/* The library as a plugin has it: opened while the process runs, and closed again. Not linked to
 * it. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/capi/check.h"
#include "tests/capi/files.h"

/* The functions that the test calls. */
struct library {
  void* handle;
  stile_status (*engine_new)(const stile_config*, const stile_engine_options*, stile_report*,
                             stile_engine**);
  void (*engine_free)(stile_engine*);
  stile_status (*worker_new)(stile_engine*, stile_worker**);
  void (*worker_free)(stile_worker*);
  stile_status (*decide)(stile_worker*, const stile_request*, int64_t, stile_decision*);
  stile_status (*respond)(stile_worker*, const stile_request*, const stile_decision*, stile_str,
                          int64_t, stile_answer*);
};

static void find(void* handle, const char* name, void* function, size_t size) {
  void* const found = dlsym(handle, name);
  EXPECT(found != NULL && size == sizeof found);
  memcpy(function, &found, sizeof found);
}
#define FIND(library, name) \
  find((library)->handle, "stile_" #name, &(library)->name, sizeof(library)->name)

static void library_open(struct library* library) {
  library->handle = dlopen(STILE_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (library->handle == NULL) fprintf(stderr, "%s\n", dlerror());
  EXPECT(library->handle != NULL);
  FIND(library, engine_new);
  FIND(library, engine_free);
  FIND(library, worker_new);
  FIND(library, worker_free);
  FIND(library, decide);
  FIND(library, respond);
}

/* Makes everything, lets it answer, and frees it. */
static void use(const struct library* library) {
  const stile_str nothing = {NULL, 0};
  struct files files;
  stile_engine_options options;
  stile_engine* engine = NULL;
  stile_worker* worker = NULL;
  stile_request request;
  stile_decision decision;
  stile_answer answer;
  memset(&options, 0, sizeof options);
  memset(&request, 0, sizeof request);
  memset(&decision, 0, sizeof decision);
  memset(&answer, 0, sizeof answer);
  options.struct_size = sizeof options;
  options.now_ms = NOW;
  request.struct_size = sizeof request;
  request.method = str("GET");
  request.target = str("/docs");
  request.host = str("example.org");
  decision.struct_size = sizeof decision;
  answer.struct_size = sizeof answer;
  files_init(&files);
  EXPECT_OK(library->engine_new(&files.config, &options, NULL, &engine));
  EXPECT_OK(library->worker_new(engine, &worker));
  EXPECT_OK(library->decide(worker, &request, NOW, &decision));
  EXPECT_OK(library->respond(worker, &request, &decision, nothing, NOW, &answer));
  EXPECT_INT(answer.status, 403);
  library->worker_free(worker);
  library->engine_free(engine);
}

static size_t mappings(void) {
  FILE* const file = fopen("/proc/self/maps", "r");
  char line[1024];
  size_t count = 0;
  EXPECT(file != NULL);
  while (fgets(line, sizeof line, file) != NULL) count += strstr(line, "libstile") != NULL;
  fclose(file);
  return count;
}

TEST(library_is_opened_and_closed_again_and_again) {
  struct library library;
  int i;
  for (i = 0; i < 20; ++i) {
    library_open(&library);
    use(&library);
    EXPECT(mappings() > 0);
    EXPECT_INT(dlclose(library.handle), 0);
    EXPECT_INT(mappings(), 0);
  }
}

TEST(process_that_closed_the_library_forks_and_ends) {
  struct library library;
  int status = -1;
  pid_t child;
  library_open(&library);
  use(&library);
  EXPECT_INT(dlclose(library.handle), 0);
  child = fork();
  EXPECT(child >= 0);
  if (child == 0) exit(0); /* With whatever was registered to run at exit and at fork. */
  EXPECT_INT(waitpid(child, &status, 0), child);
  EXPECT_INT(status, 0);
}

TEST(child_opens_the_library_anew) {
  struct library library;
  int status = -1;
  pid_t child;
  library_open(&library);
  use(&library);
  child = fork();
  EXPECT(child >= 0);
  if (child == 0) {
    use(&library);
    EXPECT_INT(dlclose(library.handle), 0);
    library_open(&library);
    use(&library);
    EXPECT_INT(dlclose(library.handle), 0);
    exit(0);
  }
  EXPECT_INT(waitpid(child, &status, 0), child);
  EXPECT_INT(status, 0);
  EXPECT_INT(dlclose(library.handle), 0);
}
