#include "tool/reload.h"

#include <boost/json/value.hpp>
#include <cstdio>

namespace stile {

int RunReload(const ControlOptions& options, bool force) {
  const auto client = ControlClient::Create(options);
  if (!client) return 1;
  const auto answer = client->Ask("POST", "/reload", force ? "force=true" : "");
  if (!answer) return 1;
  if (answer->status != 200) {
    PrintRefusal(*answer);
    return 1;
  }
  const auto* generation = answer->body.if_contains("generation");
  const auto* trial = answer->body.if_contains("trial_percent");
  const double percent = trial != nullptr && trial->is_number() ? trial->to_number<double>() : 0;
  if (percent > 0) {
    std::printf(
        "on trial: %g %% of the clients with a clearance meet it first; `stile status` tells how "
        "it "
        "goes\n",
        percent);
    return 0;
  }
  std::printf("reloaded: generation %lld\n", generation != nullptr && generation->is_int64()
                                                 ? static_cast<long long>(generation->as_int64())
                                                 : 0LL);
  const auto* credential = answer->body.if_contains("keys_from_credential");
  if (credential != nullptr && credential->is_bool() && credential->as_bool()) {
    std::fputs(
        "note: the keys are those that systemd read when it started stiled; new ones take "
        "effect with systemctl restart stiled\n",
        stderr);
  }
  const auto* restart = answer->body.if_contains("restart_needed");
  if (restart == nullptr || !restart->is_array()) return 0;
  for (const boost::json::value& key : restart->as_array()) {
    if (const auto* name = key.if_string()) {
      std::fprintf(stderr, "warning: the change of %s takes effect with a restart\n",
                   name->c_str());
    }
  }
  return 0;
}

}  // namespace stile
