// stile_load: a load on a server over keep-alive connections, and how fast it was answered. See
// bench/load/load_run.h; bench/service/run.py uses it.

#include <sched.h>
#include <sys/resource.h>

#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>

#include "bench/load/load_run.h"

namespace {

using stile::bench::EndRun;
using stile::bench::LoadResult;

void PinTo(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  if (sched_setaffinity(0, sizeof(set), &set) != 0) EndRun("there is no such core");
}

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void Print(const LoadResult& result, const stile::bench::LoadOptions& options,
           const stile::bench::RequestList& requests) {
  const auto microseconds = [&](double share) {
    return static_cast<double>(result.latency.Quantile(share)) / 1'000;
  };
  std::printf(
      "{\"to\": \"%s\", \"connections\": %zu, \"requests\": %llu, \"answered\": %llu, "
      "\"distinct_requests\": %zu, "
      "\"request_bytes\": %zu, \"seconds\": %.3f, \"rate\": %.1f, \"wanted_rate\": %.1f, "
      "\"reply_bytes\": %llu, \"busy_share\": %.4f, \"late_start_us\": %.1f, \"latency_us\": "
      "{\"mean\": %.2f, \"p50\": %.2f, \"p90\": %.2f, \"p99\": %.2f, \"p99.9\": %.2f, \"max\": "
      "%.2f}, \"cpu_seconds\": %.3f}\n",
      options.to.c_str(), options.connections,
      static_cast<unsigned long long>(result.latency.count()),
      static_cast<unsigned long long>(result.answered), requests.size(), requests.bytes_each(),
      result.seconds, static_cast<double>(result.latency.count()) / result.seconds, options.rate,
      static_cast<unsigned long long>(result.bytes), result.busy_share,
      static_cast<double>(result.late_start) / 1'000, result.latency.mean() / 1'000,
      microseconds(0.5), microseconds(0.9), microseconds(0.99), microseconds(0.999),
      static_cast<double>(result.latency.max()) / 1'000, CpuSeconds());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Puts a load on an HTTP server, checks every reply, and prints one line of JSON.");
  stile::bench::LoadOptions options;
  stile::bench::ExpectedReply expected;
  std::string request_file;
  std::string value_file;
  int cpu = -1;
  bool sleeps = false;
  std::size_t length = 0;
  app.add_option("--to", options.to, "127.0.0.1:PORT or unix:PATH")->required();
  app.add_option("--request", request_file, "file with the bytes of the request")->required();
  app.add_option("--values", value_file,
                 "file whose lines take the place of @VALUE@ in the request, one after the other");
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 60'000));
  app.add_option("--seconds", options.seconds)->check(CLI::PositiveNumber);
  app.add_option("--warm-up", options.warm_up, "seconds before, which count nothing");
  app.add_option("--rate", options.rate, "requests a second; without it as many as are answered");
  app.add_option("--cpu", cpu, "the core to run on");
  app.add_option("--status", expected.status, "of every reply");
  auto* const has_length = app.add_option("--length", length, "bytes of every reply's content");
  app.add_option("--contains", expected.contains, "what is in the head of every reply");
  app.add_flag("--reconnect", options.reconnect,
               "a new connection for each request, which the server ends");
  app.add_flag("--sleep", sleeps, "sleep while there is nothing to do, instead of asking again");
  CLI11_PARSE(app, argc, argv);

  options.spin = !sleeps;
  expected.may_close = options.reconnect;
  if (*has_length) expected.length = length;
  if (cpu >= 0) PinTo(cpu);
  stile::bench::RequestList requests(
      stile::bench::ReadWhole(request_file),
      value_file.empty() ? std::vector<std::string>() : stile::bench::ReadLines(value_file));
  stile::bench::ReplyCheck check(std::move(expected));
  stile::bench::LoadRun run(options, requests, check);
  Print(run.Run(), options, requests);
  return 0;
}
