// flood_client: visitors and bots for a stiled that really runs. Prints one line of JSON. See
// bench/flood/live/guests.h; bench/flood/live/live.py runs it.

#include <sched.h>

#include <cstdio>

#include <CLI/CLI.hpp>

#include "bench/flood/live/guests.h"

namespace {

using stile::bench::Guests;

// Whoever else wants the core gets it.
void RunIdly() {
  const sched_param none{};
  if (sched_setscheduler(0, SCHED_IDLE, &none) != 0) std::perror("flood_client: SCHED_IDLE");
}

void Print(const Guests& guests) {
  const Guests::Counts& counts = guests.counts();
  std::printf("{\"statuses\": {");
  const char* between = "";
  for (const auto& [status, count] : counts.statuses) {
    std::printf("%s\"%d\": %llu", between, status, static_cast<unsigned long long>(count));
    between = ", ";
  }
  std::printf(
      "}, \"solved\": %llu, \"evaluations\": %llu, \"wasted\": %llu, \"cleared\": %llu, "
      "\"limited\": %llu, \"refused\": %llu, \"not_asked\": %llu, \"first_redeem_s\": %.3f, "
      "\"last_redeem_s\": %.3f, \"visits\": [",
      static_cast<unsigned long long>(counts.solved),
      static_cast<unsigned long long>(counts.evaluations),
      static_cast<unsigned long long>(counts.wasted),
      static_cast<unsigned long long>(counts.cleared),
      static_cast<unsigned long long>(counts.limited),
      static_cast<unsigned long long>(counts.refused),
      static_cast<unsigned long long>(counts.not_asked), counts.first_redeem, counts.last_redeem);
  between = "";
  for (const Guests::Visit& visit : guests.visits()) {
    std::printf("%s[%.3f, %.3f]", between, visit.at, visit.took);
    between = ", ";
  }
  std::printf("]}\n");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Plays visitors and bots of a server on this machine.");
  Guests::Options options;
  bool idly = false;
  app.add_option("--port", options.port)->required();
  app.add_option("--visitors", options.visitors, "a second");
  app.add_option("--plain", options.plain, "requests a second of bots that never solve");
  app.add_option("--attackers", options.attackers, "evaluations a second of bots that do");
  app.add_option("--waste", options.waste, "evaluations a second for nothing");
  app.add_option("--effort", options.effort, "of --waste");
  app.add_option("--seconds", options.seconds)->check(CLI::PositiveNumber);
  app.add_option("--patience", options.patience, "seconds of a visitor");
  app.add_option("--device-speed", options.device_speed, "multiplies the rates of all devices");
  app.add_option("--seed", options.seed, "its lowest two bits pick the addresses");
  app.add_flag("--idly", idly, "only while nobody else wants the core");
  CLI11_PARSE(app, argc, argv);
  if (idly) RunIdly();
  Guests guests(options);
  guests.Run();
  Print(guests);
  return 0;
}
