// Stands before libstile.so in a process and fails its calls, as no request can make them fail.
// Which ones is said by STILE_TEST_FAILURES.
#define _GNU_SOURCE  // RTLD_NEXT
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "capi/stile.h"

// The function of that name in the library.
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int Fails(const char* call) {
  const char* failing = getenv("STILE_TEST_FAILURES");
  return failing != NULL && strstr(failing, call) != NULL;
}

stile_status stile_worker_new(stile_engine* engine, stile_worker** worker) {
  if (Fails("worker")) return STILE_ERR_INTERNAL;
  return REAL(stile_worker_new)(engine, worker);
}

stile_status stile_decide(stile_worker* worker, const stile_request* request, int64_t now_ms,
                          stile_decision* decision) {
  if (Fails("decide")) return STILE_ERR_INTERNAL;
  return REAL(stile_decide)(worker, request, now_ms, decision);
}

stile_status stile_respond(stile_worker* worker, const stile_request* request,
                           const stile_decision* decision, stile_str body, int64_t now_ms,
                           stile_answer* answer) {
  if (Fails("respond")) return STILE_ERR_INTERNAL;
  return REAL(stile_respond)(worker, request, decision, body, now_ms, answer);
}

stile_status stile_strip_clearance(stile_worker* worker, const stile_request* request,
                                   stile_str cookie, char* out, size_t room, size_t* size) {
  if (Fails("strip")) return STILE_ERR_INTERNAL;
  return REAL(stile_strip_clearance)(worker, request, cookie, out, room, size);
}
