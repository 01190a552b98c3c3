// flood_model: 100,000 bots and 1,000 visitors at a simulated door, under the ways to set the
// price. Prints a line for each run, and writes all of it as JSON. See docs/effort.md and
// bench/flood/run.sh.

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "bench/flood/flood_json.h"
#include "bench/flood/flood_run.h"
#include "bench/flood/rivals.h"
#include "bench/flood/scenario.h"

namespace {

using stile::bench::FloodJson;
using stile::bench::FloodResult;
using stile::bench::Scenario;

struct Options {
  std::vector<std::string> scenarios;
  std::vector<std::string> rivals;
  std::vector<double> cores;
  std::uint32_t bots = 100'000;
  std::uint32_t visitors = 1'000;
  std::uint64_t seed = 1;
  double shorter = 1;
  std::string json;
};

double ProcessorSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void PrintHead() {
  std::printf("%-13s %-12s %6s %8s %8s %8s %9s %10s %6s %10s %8s %8s\n", "bots", "price", "cores",
              "through", "p50 s", "p95 s", "load/s", "peak/s", "5xx", "core s", "EUR", "run s");
}

void PrintRow(const Scenario& scenario, const std::string& rival, const FloodResult& result,
              double took) {
  std::printf("%-13s %-12s %6.0f %7.1f%% %8.2f %8.2f %9.0f %10.0f %5.1f%% %10.0f %8.3f %8.2f\n",
              scenario.name.c_str(), rival.c_str(), scenario.farm.cores,
              result.during.through * 100, result.during.p50, result.during.p95, result.mean_load,
              result.peak_load, result.error_share * 100, result.bill.core_seconds, result.bill.eur,
              took);
  std::fflush(stdout);
}

bool RunOne(const Options& options, const std::string& name, const std::string& rival, double cores,
            FloodJson& json) {
  auto scenario = stile::bench::ScenarioOf(name, options.bots);
  if (!scenario) {
    std::fprintf(stderr, "flood_model: no scenario is called %s\n", name.c_str());
    return false;
  }
  scenario->seed = options.seed;
  scenario->visitors = options.visitors;
  scenario->farm.cores = cores;
  scenario->phases.quiet /= options.shorter;
  scenario->phases.attack /= options.shorter;
  scenario->phases.after /= options.shorter;
  const auto loop = stile::bench::MakeRival(rival, *scenario);
  if (loop == nullptr) {
    std::fprintf(stderr, "flood_model: no price is called %s\n", rival.c_str());
    return false;
  }
  const double began = ProcessorSeconds();
  const FloodResult result = stile::bench::RunFlood(*scenario, *loop);
  PrintRow(*scenario, rival, result, ProcessorSeconds() - began);
  json.Add(*scenario, rival, result);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Simulates floods of bots against prices.");
  Options options;
  app.add_option("--scenario", options.scenarios, "all by default");
  app.add_option("--rival", options.rivals, "all by default");
  app.add_option("--cores", options.cores, "of the attacker; with several, each in turn");
  app.add_option("--bots", options.bots);
  app.add_option("--visitors", options.visitors);
  app.add_option("--seed", options.seed);
  app.add_option("--shorter", options.shorter, "divides all times")->check(CLI::PositiveNumber);
  app.add_option("--json", options.json, "file to write");
  CLI11_PARSE(app, argc, argv);

  if (options.scenarios.empty()) options.scenarios = stile::bench::ScenarioNames();
  if (options.rivals.empty()) options.rivals = stile::bench::RivalNames();
  if (options.cores.empty()) options.cores = {stile::bench::SolverFarm::Options{}.cores};
  FloodJson json;
  PrintHead();
  for (const std::string& scenario : options.scenarios) {
    for (const double cores : options.cores) {
      for (const std::string& rival : options.rivals) {
        if (!RunOne(options, scenario, rival, cores, json)) return 2;
      }
    }
  }
  if (!options.json.empty() && !json.Write(options.json)) {
    std::fprintf(stderr, "flood_model: cannot write %s\n", options.json.c_str());
    return 1;
  }
  return 0;
}
