// stiled: stands beside a site or a proxy and asks unknown clients for a little work.

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "challenge/error.h"
#include "service/boot.h"
#include "service/config_address.h"
#include "service/log.h"
#include "service/signal_watch.h"
#include "service/supervisor.h"
#include "service/wall_clock.h"

namespace {

constexpr int kUsage = 2;

struct Arguments {
  stile::SupervisorOptions options;
  bool check = false;
  std::string demo_listen;
  std::string demo_metrics;
};

int Check(const std::string& path) {
  std::vector<std::string> warnings;
  std::vector<std::string> lists;
  const stile::Errors mistakes = stile::CheckFiles(path, stile::WallClock(), warnings, &lists);
  return stile::PrintCheck(mistakes, warnings, lists);
}

// Reads an address of the command line. Returns whether it is one.
bool ReadAddress(const std::string& option, const std::string& text,
                 std::optional<stile::SocketAddress>& address) {
  if (text.empty()) return true;
  auto parsed = stile::ParseListenAddress(text);
  if (!parsed) {
    std::fprintf(stderr, "%s %s\n", option.c_str(), parsed.error().c_str());
    return false;
  }
  address = *parsed;
  return true;
}

void Describe(CLI::App& app, Arguments& arguments) {
  stile::BootOptions& boot = arguments.options.boot;
  boot.config_path = "/etc/stile/stile.toml";
  app.set_version_flag("--version", std::string("stiled ") + STILE_VERSION_STRING);
  auto* config =
      app.add_option("--config,-c", boot.config_path, "The configuration")->capture_default_str();
  auto* check = app.add_flag("-t,--test", arguments.check,
                             "Check the configuration, policies and keys, print every mistake as "
                             "file:line:column: message, and exit");
  app.add_flag("--strict-boot", boot.strict,
               "Refuse to start over any mistake, instead of serving what was recorded last");
  app.add_option("--state-directory", boot.state_directory,
                 "Where the last good configuration is recorded; overrides state.directory");
  auto* take_over = app.add_option(
      "--take-over", arguments.options.take_over_from,
      "Take the sockets of the stiled that runs over, and have it leave once this one serves; "
      "refuse over any mistake. Its control socket; default: the configured one");
  take_over->expected(0, 1)->excludes(check)->type_name("[SOCKET]");
  auto* demo = app.add_flag("--demo", arguments.options.demo,
                            "Serve a small built-in site on 127.0.0.1:8080, with temporary keys");
  demo->excludes(config)->excludes(check)->excludes(take_over);
  app.add_option("--listen", arguments.demo_listen, "The demo's address; port 0 takes a free one")
      ->needs(demo);
  app.add_option("--metrics", arguments.demo_metrics, "The demo's metrics address")->needs(demo);
}

int Run(int argc, char** argv) {
  CLI::App app("Asks unknown clients of a website for a little work, and knows them from then on.",
               "stiled");
  Arguments arguments;
  Describe(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  arguments.options.take_over = app.count("--take-over") != 0;
  // A mistake leaves the one that runs alone: no reason to serve anything but what the files say.
  if (arguments.options.take_over) arguments.options.boot.strict = true;
  if (arguments.check) return Check(arguments.options.boot.config_path);
  if (!ReadAddress("--listen", arguments.demo_listen, arguments.options.demo_listen) ||
      !ReadAddress("--metrics", arguments.demo_metrics, arguments.options.demo_metrics)) {
    return kUsage;
  }
  arguments.options.version = STILE_VERSION_STRING;
  stile::SignalWatch signals({SIGHUP, SIGINT, SIGTERM});  // Both before the log's thread.
  stile::SignalWatch switch_signals({SIGUSR1, SIGUSR2});
  if (!signals.ok() || !switch_signals.ok()) {
    std::fputs("stiled: the system gave no descriptors\n", stderr);
    return 1;
  }
  stile::StartLog(stile::LogLevel::kInfo);
  const int status = stile::Supervisor(std::move(arguments.options), signals, switch_signals).Run();
  stile::StopLog();
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "stiled: %s\n", error.what());
    return 1;
  }
}
