#ifndef STILE_BENCH_LOAD_LOAD_RUN_H_
#define STILE_BENCH_LOAD_LOAD_RUN_H_

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bench/load/latency_histogram.h"
#include "bench/load/reply_check.h"
#include "bench/load/request_list.h"

namespace stile::bench {

struct LoadOptions {
  std::string to;  // "127.0.0.1:8080" or "unix:/path".
  std::size_t connections = 64;
  double seconds = 5;
  double warm_up = 1;  // Seconds before it, which count nothing.
  double rate = 0;     // Requests a second; 0: the next one as soon as a reply is here.
  bool spin = true;    // Asks the kernel again and again instead of sleeping.
  // A new connection for each request, which the server ends after its reply. A latency then begins
  // with the connection, and its client is free once the server has ended it.
  bool reconnect = false;
};

struct LoadResult {
  double seconds = 0;
  std::uint64_t answered = 0;  // Requests, those that count nothing too.
  std::uint64_t bytes = 0;
  double busy_share = 0;         // Of the time: it had something to do.
  std::uint64_t late_start = 0;  // The most nanoseconds that a request went out after its time.
  LatencyHistogram latency;      // Of a request: from when it was due to the end of its reply.
};

// A load of one thread on keep-alive connections that have at most one request each under way.
// Every reply is checked; a wrong one, or a connection that ends without having to, ends the
// process with status 1.
//
// With a rate, request number n is due at n / rate seconds from the start whatever happened to
// those before it. One that finds no free connection waits, and its latency counts from when it was
// due, so that a server that stalls is charged for all that would have come meanwhile.
class LoadRun {
 public:
  LoadRun(const LoadOptions& options, RequestList& requests, ReplyCheck& check);
  ~LoadRun();
  LoadRun(const LoadRun&) = delete;
  LoadRun& operator=(const LoadRun&) = delete;

  [[nodiscard]] LoadResult Run();

 private:
  using Nanoseconds = std::int64_t;  // Of CLOCK_MONOTONIC.

  struct Client {
    int descriptor = -1;
    bool waits = false;       // For a reply.
    Nanoseconds due = 0;      // Of the request under way.
    std::size_t content = 0;  // Bytes of the reply's content that are still to come.
    std::string head;         // As much as has come, if it came in pieces.
  };

  void Connect(Client& client);
  void Begin(Client& client, Nanoseconds due, Nanoseconds now);
  void BeginDue(Nanoseconds now);
  void OnReadable(Client& client);
  void OnReply(Client& client);
  void OnFree(Client& client, Nanoseconds now);
  [[nodiscard]] int Wait(std::span<epoll_event> events, Nanoseconds now) const noexcept;
  [[nodiscard]] bool Done(Nanoseconds now) const noexcept;

  LoadOptions options_;
  RequestList& requests_;
  ReplyCheck& check_;
  LoadResult result_;
  int epoll_ = -1;
  std::vector<Client> clients_;
  std::vector<std::size_t> free_;  // Clients that wait for nothing; used with a rate.
  std::vector<char> buffer_;
  Nanoseconds start_ = 0;
  Nanoseconds counts_from_ = 0;
  Nanoseconds end_ = 0;
  double interval_ = 0;  // Nanoseconds between two requests; 0 without a rate.
  std::uint64_t begun_ = 0;
  std::size_t under_way_ = 0;
};

}  // namespace stile::bench

#endif  // STILE_BENCH_LOAD_LOAD_RUN_H_
