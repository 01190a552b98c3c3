/* A small reverse proxy with Stile in it: a thread per connection slot, one request a connection.
 *
 *   proxy CONFIG-FOLDER LISTEN-PORT ORIGIN-PORT
 *
 * Every path of a request through stile.h is here: decide, respond, redeem with a body, renew, and
 * the clearance taken off what the origin sees. What a real proxy has besides is left out:
 * keep-alive, chunked bodies, long bodies, TLS. SIGHUP takes the files up again. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <stile.h>

enum { THREADS = 4, ROOM = 262144, FIELDS = 100, FILES = 16 };

static const char* folder;
static int listener, origin_port;
static stile_engine* engine;

static int64_t clock_ms(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t now_ms(void) { return clock_ms(CLOCK_REALTIME); }

/* --- The configuration: the library asks, and we read. ------------------------------------------
 */

struct files {
  char* texts[FILES];
  size_t count;
};

static stile_status read_file(void* user, stile_str name, size_t limit, stile_str* text) {
  struct files* files = user;
  char path[4096];
  snprintf(path, sizeof path, "%s/%.*s", folder, (int)name.size, name.data);
  FILE* file = files->count < FILES ? fopen(path, "rb") : NULL;
  if (file == NULL) return STILE_ERR_NOT_FOUND;
  char* bytes = malloc(limit + 1); /* One more, so that a longer file is seen to be longer. */
  text->size = bytes == NULL ? 0 : fread(bytes, 1, limit + 1, file);
  text->data = files->texts[files->count++] = bytes;
  fclose(file);
  return bytes == NULL ? STILE_ERR_INTERNAL : STILE_OK;
}

static void say(void* user, int32_t level, stile_str place, stile_str message) {
  (void)user;
  fprintf(stderr, "%s %.*s: %.*s\n", level == STILE_LOG_ERROR ? "error" : "note", (int)place.size,
          place.data, (int)message.size, message.data);
}

/* Makes the engine, or has the one that serves take the files up again. */
static stile_status load(void) {
  struct files files = {{NULL}, 0};
  stile_config config = {sizeof config, 0, NULL, {NULL, 0}, read_file, &files};
  stile_report report = {.struct_size = sizeof report, .log = say};
  stile_engine_options options = {.struct_size = sizeof options};
  options.now_ms = now_ms();
  options.steady_ms = clock_ms(CLOCK_MONOTONIC);
  stile_status status = engine == NULL ? stile_engine_new(&config, &options, &report, &engine)
                                       : stile_engine_reload(engine, &config, &options, &report);
  while (files.count > 0) free(files.texts[--files.count]);
  fprintf(stderr, "configuration: %s\n", stile_status_text(status));
  return status;
}

/* --- One request ---------------------------------------------------------------------------------
 */

static stile_status send_all(void* to, const char* data, size_t size) {
  for (ssize_t sent = 0; size > 0; data += sent, size -= (size_t)sent) {
    sent = send(*(int*)to, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return STILE_ERR_INTERNAL;
  }
  return STILE_OK;
}

static void say_status(int client, const char* status) {
  char message[128];
  int size = snprintf(message, sizeof message, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", status);
  (void)!send_all(&client, message, (size_t)size);
}

struct exchange {
  char bytes[ROOM + 1]; /* Head and body. */
  size_t head, body;
  stile_field fields[FIELDS];
  stile_request request;
};

/* True for `size` bytes that are all among those from `first` to `last`. */
static int are_within(const char* text, size_t size, char first, char last) {
  for (size_t i = 0; i < size; ++i) {
    if (text[i] < first || text[i] > last) return 0;
  }
  return size > 0;
}

/* Cuts the head that ends at `end` into what Stile takes. What is read in two ways is refused: bare
 * line ends, second lengths and hosts. Returns what refuses it, or NULL. */
static const char* read_head(struct exchange* e, char* end) {
  stile_request* r = &e->request;
  char *line = e->bytes, *stop = strstr(line, "\r\n");
  size_t method = strcspn(line, " "), target = strcspn(line + method + 1, " "), lengths = 0;
  if (stop - line != (ptrdiff_t)(method + target + 10) || line[method + 1] != '/' ||
      !are_within(line, method, 'A', 'Z') || !are_within(line + method + 1, target, '!', '~') ||
      strncmp(stop - 9, " HTTP/1.1", 9) != 0) {
    return "400 Bad Request";
  }
  r->method = (stile_str){line, method};
  r->target = (stile_str){line + method + 1, target};
  for (line = stop + 2; line < end + 2; line = stop + 2) {
    size_t name = strcspn(line, ": \t\r\n"), value = name + 1 + strspn(line + name + 1, " \t");
    stop = strstr(line, "\r\n");
    if (name == 0 || line[name] != ':' || r->field_count == FIELDS) return "400 Bad Request";
    size_t size = (size_t)(stop - line) > value ? (size_t)(stop - line) - value : 0;
    if (memchr(line + value, '\n', size) || memchr(line + value, '\r', size))
      return "400 Bad Request";
    stile_field* field = &e->fields[r->field_count++];
    field->name = (stile_str){line, name};
    field->value = (stile_str){line + value, size};
    if (strncasecmp(line, "Transfer-Encoding:", 18) == 0) return "501 Not Implemented";
    if (strncasecmp(line, "Expect:", 7) == 0) return "417 Expectation Failed";
    if (strncasecmp(line, "Host:", 5) == 0) {
      if (r->host.size > 0) return "400 Bad Request";
      r->host = field->value;
    }
    if (strncasecmp(line, "Content-Length:", 15) != 0) continue;
    if (lengths++ > 0 || !are_within(line + value, size, '0', '9')) return "400 Bad Request";
    e->body = strtoul(line + value, NULL, 10);
    if (e->body > ROOM) return "413 Content Too Large";
  }
  return r->host.size == 0 ? "400 Bad Request" : NULL;
}

static const char* read_request(int client, struct exchange* e) {
  size_t size = 0, wanted = 0;
  while (wanted == 0 || size < wanted) {
    ssize_t got = size < ROOM ? recv(client, e->bytes + size, ROOM - size, 0) : 0;
    if (got <= 0) return size == ROOM ? "413 Content Too Large" : "400 Bad Request";
    e->bytes[size += (size_t)got] = '\0';
    char* end = wanted == 0 ? strstr(e->bytes, "\r\n\r\n") : NULL;
    if (end == NULL) continue;
    const char* refusal = read_head(e, end);
    if (refusal != NULL) return refusal;
    e->head = (size_t)(end + 4 - e->bytes);
    wanted = e->head + e->body;
  }
  return NULL;
}

/* The request goes on to its origin, without the clearance, and the answer comes back. */
static void pass(stile_worker* worker, int client, struct exchange* e, const char* verdict,
                 stile_str set_cookie) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)origin_port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int origin = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(origin, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){60, 0}, sizeof(struct timeval));
  char bytes[ROOM];
  FILE* out =
      connect(origin, (struct sockaddr*)&to, sizeof to) == 0 ? fdopen(dup(origin), "w") : NULL;
  if (out == NULL) {
    close(origin);
    return say_status(client, "502 Bad Gateway");
  }
  fwrite(e->bytes, 1, (size_t)(strstr(e->bytes, "\r\n") + 2 - e->bytes), out);
  for (size_t i = 0; i < e->request.field_count; ++i) {
    stile_field field = e->fields[i];
    if (strncasecmp(field.name.data, "Connection:", 11) == 0) continue;
    if (strncasecmp(field.name.data, "x-stile", 7) == 0)
      continue; /* A client's own. Some origins */
    if (strncasecmp(field.name.data, "x_stile", 7) == 0) continue; /* read '_' as '-'. */
    if (strncasecmp(field.name.data, "Cookie:", 7) == 0) {
      if (stile_strip_clearance(worker, &e->request, field.value, bytes, sizeof bytes,
                                &field.value.size) != STILE_OK) {
        continue;
      }
      field.value.data = bytes;
      if (field.value.size == 0) continue;
    }
    fprintf(out, "%.*s: %.*s\r\n", (int)field.name.size, field.name.data, (int)field.value.size,
            field.value.data);
  }
  fprintf(out, "X-Stile-Verdict: %s\r\nConnection: close\r\n\r\n", verdict);
  fwrite(e->bytes + e->head, 1, e->body, out);
  fclose(out);
  ssize_t got = recv(origin, bytes, sizeof bytes, 0);
  char* line = got > 0 ? memchr(bytes, '\n', (size_t)got) : NULL;
  size_t first = line == NULL ? 0 : (size_t)(line + 1 - bytes);
  stile_status sent = send_all(&client, bytes, first);
  if (sent == STILE_OK && first > 0 && set_cookie.size > 0) { /* Behind the status line. */
    dprintf(client, "Cache-Control: private\r\nSet-Cookie: %.*s\r\n", (int)set_cookie.size,
            set_cookie.data);
  }
  for (; got > 0 && sent == STILE_OK; got = recv(origin, bytes, sizeof bytes, 0), first = 0) {
    sent = send_all(&client, bytes + first, (size_t)got - first);
  }
  close(origin);
}

static void serve(stile_worker* worker, int client, struct exchange* e) {
  stile_decision decision = {.struct_size = sizeof decision};
  stile_answer answer = {.struct_size = sizeof answer};
  stile_str set_cookie = {NULL, 0};
  const char* refusal = read_request(client, e);
  if (refusal != NULL) return say_status(client, refusal);
  stile_status status = stile_decide(worker, &e->request, now_ms(), &decision);
  if (status == STILE_OK && decision.action == STILE_ACTION_ALLOW) {
    status = stile_renew(worker, &e->request, &decision, now_ms(), &set_cookie);
  } else if (status == STILE_OK && decision.body_limit > 0 && e->body > decision.body_limit) {
    status = stile_respond_too_long(worker, &answer);
  } else if (status == STILE_OK) {
    stile_str body = {e->bytes + e->head, decision.body_limit > 0 ? e->body : 0};
    status = stile_respond(worker, &e->request, &decision, body, now_ms(), &answer);
  }
  if (status != STILE_OK) return say_status(client, "503 Service Unavailable"); /* Fails closed. */
  const char* verdict = stile_verdict_name(decision.verdict);
  if (answer.status == 0) return pass(worker, client, e, verdict, set_cookie);
  uint32_t flags = STILE_WRITE_CLOSE;
  if (strncmp(e->bytes, "HEAD ", 5) == 0) flags |= STILE_WRITE_HEAD_ONLY;
  (void)!stile_answer_send(&answer, flags, send_all, &client);
}

static void* run(void* unused) {
  (void)unused;
  stile_worker* worker = NULL;
  if (stile_worker_new(engine, &worker) != STILE_OK) exit(1);
  struct exchange* e = malloc(sizeof *e);
  while (e != NULL) {
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    int client = accept(listener, (struct sockaddr*)&from, &length);
    if (client < 0) continue;
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){10, 0}, sizeof(struct timeval));
    memset(e, 0, sizeof *e);
    e->request = (stile_request){.struct_size = sizeof e->request, .fields = e->fields};
    e->request.address_family = 4;
    memcpy(e->request.address, &from.sin_addr, 4);
    serve(worker, client, e);
    close(client);
  }
  return unused;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  folder = argv[1];
  origin_port = atoi(argv[3]);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, NULL);
  if (load() != STILE_OK || bind(listener, (struct sockaddr*)&at, sizeof at) != 0 ||
      listen(listener, 128) != 0) {
    return 1;
  }
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; ++i) pthread_create(&threads[i], NULL, run, NULL);
  fprintf(stderr, "ready\n");
  for (;;) { /* SIGHUP reloads; the engine's own work is done once a second. */
    if (sigtimedwait(&signals, NULL, &(struct timespec){1, 0}) == SIGHUP) (void)load();
    if (stile_engine_tick(engine, clock_ms(CLOCK_MONOTONIC), NULL) != STILE_OK) return 1;
  }
}
