#include "tool/mode.h"

#include <boost/json/value.hpp>
#include <cstdio>

#include "service/concat.h"

namespace stile {

int RunMode(const ModeOptions& options) {
  if (!options.rule.empty()) {
    std::fputs(
        "--rule: single rules are not switched at run time in this version: set mode = \"shadow\" "
        "or \"off\" at the rule in the policy file, then `stile reload`\n",
        stderr);
    return 2;
  }
  // A form: whatever could end a field early is no name of a site, and no time.
  if ((options.site + options.period).find_first_of("&=") != std::string::npos) {
    std::fputs("--site takes a site's name, --for a time such as 10m\n", stderr);
    return 2;
  }
  const auto client = ControlClient::Create(options.control);
  if (!client) return 1;
  std::string form = Concat("mode=", options.mode);
  if (!options.site.empty()) form += Concat("&site=", options.site);
  if (!options.period.empty()) form += Concat("&for=", options.period);
  const auto answer = client->Ask("POST", "/mode", form);
  if (!answer) return 1;
  if (answer->status != 200) {
    PrintRefusal(*answer);
    return 1;
  }
  const auto* until = answer->body.if_contains("until");
  const std::string sites = options.site.empty() ? "every site" : options.site;
  if (options.mode == "configured") {
    std::printf("%s: as configured\n", sites.c_str());
  } else if (until != nullptr && until->is_string()) {
    std::printf("%s: %s until %s\n", sites.c_str(), options.mode.c_str(),
                until->as_string().c_str());
  } else {
    std::printf("%s: %s until `stile mode configured` or a restart\n", sites.c_str(),
                options.mode.c_str());
  }
  return 0;
}

}  // namespace stile
