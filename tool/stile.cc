// The `stile` command. Exit status: 0 good, 1 a negative answer, 2 wrong usage.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>

#include "tool/anubis/import_anubis.h"
#include "tool/check.h"
#include "tool/drain.h"
#include "tool/explain.h"
#include "tool/inspect.h"
#include "tool/keygen.h"
#include "tool/mode.h"
#include "tool/reload.h"
#include "tool/revoke.h"
#include "tool/simulate.h"
#include "tool/snippet.h"
#include "tool/solve.h"
#include "tool/status.h"

namespace {

constexpr const char* kDefaultConfig = "/etc/stile/stile.toml";

CLI::App* AddCommand(CLI::App& app, const char* name, const char* description,
                     std::string& config) {
  CLI::App* command = app.add_subcommand(name, description);
  command->add_option("--config", config, "The configuration")->capture_default_str();
  return command;
}

CLI::App* AddExplain(CLI::App& app, stile::ExplainOptions& options, std::string& config) {
  CLI::App* command =
      AddCommand(app, "explain",
                 "Say what would become of a request, and why; 1 if it would not pass", config);
  command->add_option("--method", options.method)->capture_default_str();
  command->add_option("--url", options.url)->required();
  command->add_option("--header", options.headers, "'Name: value'; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--ip", options.ip, "The client's address");
  command->add_option("--country", options.country,
                      "Where it is, such as NO; looked up by default");
  command->add_option("--asn", options.asn, "The number of its network; looked up by default")
      ->check(CLI::Range(std::uint32_t{1}, std::uint32_t{4'294'967'295}));
  command->add_option("--tls-fingerprint", options.tls_fingerprint, "As a trusted proxy says it");
  command->add_option("--rank", options.rank, "As if a clearance of this rank was held")
      ->check(CLI::Range(0, 255));
  command->add_option("--site", options.site, "By the URL's host by default");
  command->add_flag("--json", options.json, "For programs: one JSON object");
  return command;
}

CLI::App* AddSimulate(CLI::App& app, stile::SimulateOptions& options, std::string& config) {
  CLI::App* command =
      AddCommand(app, "simulate",
                 "Say what the policies would have made of the requests in an access log", config);
  command->add_option("log", options.log, "An access log, also one packed by gzip; - is stdin")
      ->required();
  command->add_option("--against", options.against,
                      "Another policy file: say what would change, and who would notice");
  command->add_option("--site", options.site,
                      "Whose requests they are; by the log's hosts by default");
  command->add_option("--format", options.format, "combined, json, caddy, or each line as it looks")
      ->check(CLI::IsMember({"auto", "combined", "json", "caddy"}))
      ->capture_default_str();
  command
      ->add_option("--header", options.headers,
                   "'Name: value' for requests of which the log has none; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--clients", options.clients, "How many to name of each kind")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  command->add_flag("--unsolved", options.unsolved,
                    "No client answers a challenge; by default each answers its first");
  command->add_flag("--json", options.json, "For programs: one JSON object");
  return command;
}

CLI::App* AddImport(CLI::App& app, stile::ImportAnubisOptions& options) {
  CLI::App* command = app.add_subcommand("import", "Make a policy of another gate's");
  command->require_subcommand(1);
  CLI::App* anubis = command->add_subcommand(
      "anubis", "Of Anubis': 1, with every line that it could not take over, if there is any");
  anubis->add_option("file", options.file, "Anubis' policy, botPolicies.yaml")->required();
  anubis->add_option("--output", options.output, "A new file for the policy; stdout by default");
  anubis->add_option("--data", options.data,
                     "Anubis' folder of data, whose files it imports as (data)/...");
  return command;
}

// The commands that talk to a running stiled.
struct Operation {
  std::string config = kDefaultConfig;
  std::string socket;
  std::string address;
  std::string token_file;
  stile::StatusOptions status;
  stile::ModeOptions mode;
  stile::DrainOptions drain;
  CLI::App* status_command = nullptr;
  CLI::App* mode_command = nullptr;
  CLI::App* reload_command = nullptr;
  bool reload_force = false;
  CLI::App* drain_command = nullptr;
  stile::RevokeOptions revoke;
  CLI::App* revoke_command = nullptr;
};

void AddOperation(CLI::App& app, Operation& operation) {
  const auto add = [&](const char* name, const char* description) {
    CLI::App* command = AddCommand(app, name, description, operation.config);
    command->add_option("--socket", operation.socket,
                        "The control socket; the one that the configuration names by default");
    command->add_option("--control", operation.address,
                        "Instead, an address that control.address listens on");
    command->add_option("--token-file", operation.token_file, "The token for that address");
    return command;
  };
  operation.status_command =
      add("status", "Say how the running stiled is; 1 if something is wrong");
  operation.status_command->add_flag("--json", operation.status.json, "As stiled says it");
  operation.status_command->add_flag(
      "--live", operation.status.live,
      "Print nothing; 0 if it answers and each of its loops does, for health checks");
  operation.mode_command =
      add("mode", "Set the mode of sites or single rules, at once and without touching a file");
  operation.mode_command
      ->add_option("mode", operation.mode.mode,
                   "enforce; shadow: count and let pass; open: let pass; attack: ask the most; "
                   "configured: back to what the file says")
      ->required()
      ->check(CLI::IsMember({"enforce", "shadow", "open", "attack", "configured"}));
  operation.mode_command->add_option("--site", operation.mode.site, "Only this one");
  operation.mode_command->add_option("--rule", operation.mode.rule,
                                     "Only this rule; open: passed over, as if it were off");
  operation.mode_command->add_option("--for", operation.mode.period,
                                     "Then back to what the file says; such as 10m");
  operation.reload_command =
      add("reload", "Read configuration, policies and keys again; 1 with every mistake if refused");
  operation.reload_command->add_flag("--force", operation.reload_force,
                                     "Also with an agent's list that lost most of its ranges");
  operation.revoke_command =
      add("revoke", "Let a clearance count no more; at once, and everywhere");
  operation.revoke_command->add_option("clearance", operation.revoke.clearance,
                                       "Its id, or a cookie that holds it");
  operation.revoke_command->add_option("--for", operation.revoke.period,
                                       "Such as 1d; by default until it must have expired");
  operation.revoke_command->add_flag("--undo", operation.revoke.undo, "Let it count again");
  operation.revoke_command->add_flag("--list", operation.revoke.list, "Say which are revoked");
  operation.drain_command = add("drain", "Finish what is under way, then exit");
  operation.drain_command->add_flag("--no-wait", operation.drain.no_wait,
                                    "Return when it has begun");
}

// Runs the command that was given, if it is one of these.
std::optional<int> RunOperation(Operation& operation) {
  const stile::ControlOptions control{operation.config, operation.socket, operation.address,
                                      operation.token_file};
  if (*operation.status_command) {
    return operation.status.control = control, stile::RunStatus(operation.status);
  }
  if (*operation.mode_command) {
    return operation.mode.control = control, stile::RunMode(operation.mode);
  }
  if (*operation.revoke_command) {
    return operation.revoke.control = control, stile::RunRevoke(operation.revoke);
  }
  if (*operation.reload_command) return stile::RunReload(control, operation.reload_force);
  if (*operation.drain_command) {
    return operation.drain.control = control, stile::RunDrain(operation.drain);
  }
  return std::nullopt;
}

int Run(int argc, char** argv) {
  CLI::App app(
      "Makes keys, checks files, solves challenges, explains decisions, and operates stiled.",
      "stile");
  app.set_version_flag("--version", "stile " STILE_VERSION_STRING);
  app.require_subcommand(1);
  std::string config = kDefaultConfig;

  stile::KeygenOptions keygen;
  CLI::App* keygen_command =
      AddCommand(app, "keygen", "Print a new key, to be added to the key file", config);
  keygen_command->add_option("--id", keygen.id, "Its id; the smallest free one by default")
      ->check(CLI::Range(1, 255));

  stile::CheckOptions check;
  CLI::App* check_command = AddCommand(
      app, "check", "Name every mistake in the configuration, its policies and keys", config);
  check_command->add_option("file", check.file,
                            "One configuration, policy or key file instead of all of them");
  check_command->add_flag("--strict", check.strict, "Warnings are as bad as mistakes: 1");

  stile::SolveOptions solve;
  solve.user_agent = "stile/" STILE_VERSION_STRING;
  CLI::App* solve_command =
      AddCommand(app, "solve", "Pay for a URL's challenge and print the cookie", config);
  solve_command->add_option("url", solve.url, "What a browser would open")->required();
  solve_command->add_option("--print", solve.print, "cookie or json")
      ->check(CLI::IsMember({"cookie", "json"}))
      ->capture_default_str();
  solve_command
      ->add_option("--user-agent", solve.user_agent, "The cookie is good with this one alone")
      ->capture_default_str();
  solve_command->add_option("--puzzle", solve.puzzle, "Only this one")
      ->check(CLI::IsMember({"hashwx", "sha256", "wait"}));
  solve_command->add_option("--threads", solve.threads, "One per core by default")
      ->check(CLI::Range(1, 1024));

  stile::InspectOptions inspect;
  CLI::App* inspect_command = AddCommand(
      app, "inspect", "Say what a reference, clearance, challenge or context holds", config);
  inspect_command
      ->add_option("credential", inspect.words,
                   "A reference as it was read out, a token, or a cookie's name=value")
      ->required();

  stile::ExplainOptions explain;
  CLI::App* explain_command = AddExplain(app, explain, config);

  stile::SimulateOptions simulate;
  CLI::App* simulate_command = AddSimulate(app, simulate, config);

  stile::ImportAnubisOptions import;
  CLI::App* import_command = AddImport(app, import);

  stile::SnippetOptions snippet;
  CLI::App* snippet_command =
      AddCommand(app, "snippet", "Print what a proxy's configuration needs to ask stiled", config);
  snippet_command
      ->add_option("proxy", snippet.proxy, "nginx, nginx-module, caddy, haproxy, envoy or traefik")
      ->required()
      ->check(CLI::IsMember({"nginx", "nginx-module", "caddy", "haproxy", "envoy", "traefik"}));
  snippet_command
      ->add_option("--part", snippet.part,
                   "nginx: http or server; nginx-module: also hardened, a server part with limits; "
                   "haproxy: frontend, backends or spoe; all by default")
      ->check(CLI::IsMember({"http", "server", "hardened", "frontend", "backends", "spoe"}));
  snippet_command
      ->add_option(
          "--fail", snippet.fail,
          "While Stile is dead, let visitors pass (open, as nginx and Envoy do by default) or not "
          "(closed, as HAProxy and nginx's module)")
      ->check(CLI::IsMember({"open", "closed"}));

  Operation operation;
  AddOperation(app, operation);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (const auto status = RunOperation(operation)) return *status;
  if (*keygen_command) return keygen.config = config, stile::RunKeygen(keygen);
  if (*check_command) return check.config = config, stile::RunCheck(check);
  if (*solve_command) return stile::RunSolve(solve);
  if (*inspect_command) return inspect.config = config, stile::RunInspect(inspect);
  if (*simulate_command) return simulate.config = config, stile::RunSimulate(simulate);
  if (*import_command) return stile::RunImportAnubis(import);
  if (*snippet_command) {
    snippet.config = config;
    snippet.config_named = snippet_command->count("--config") > 0;
    return stile::RunSnippet(snippet);
  }
  if (*explain_command) return explain.config = config, stile::RunExplain(explain);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "stile: %s\n", error.what());
    return 1;
  }
}
