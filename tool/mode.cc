#include "tool/mode.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstdio>

#include "challenge/concat.h"

namespace stile {
namespace {

std::string TextOf(const boost::json::object& from, const char* name) {
  const auto* value = from.if_contains(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? "" : std::string(text->data(), text->size());
}

// What an order is about, for people.
std::string Target(const std::string& site, const std::string& rule) {
  const std::string sites = site.empty() || site == "*" ? "every site" : site;
  return rule.empty() ? sites : Concat("rule ", rule, " of ", sites);
}

// The orders that hold on, and how each is taken back: whoever goes back to what is configured
// should know that something isn't.
void PrintRest(const boost::json::object& answer) {
  const auto* orders = answer.if_contains("orders");
  if (orders == nullptr || !orders->is_array()) return;
  for (const auto& element : orders->as_array()) {
    const auto* order = element.if_object();
    if (order == nullptr || TextOf(*order, "mode") == "configured") continue;
    const std::string site = TextOf(*order, "site");
    const std::string rule = TextOf(*order, "rule");
    std::printf("  still by order: %s: %s, by %s; `stile mode configured%s%s` takes it back\n",
                Target(site, rule).c_str(), TextOf(*order, "mode").c_str(),
                TextOf(*order, "by").c_str(), site == "*" ? "" : Concat(" --site ", site).c_str(),
                rule.empty() ? "" : Concat(" --rule ", rule).c_str());
  }
}

}  // namespace

int RunMode(const ModeOptions& options) {
  // A form: whatever could end a field early is no name of a site or rule, and no time.
  if ((options.site + options.rule + options.period).find_first_of("&=") != std::string::npos) {
    std::fputs("--site and --rule take a name, --for a time such as 10m\n", stderr);
    return 2;
  }
  const auto client = ControlClient::Create(options.control);
  if (!client) return 1;
  std::string form = Concat("mode=", options.mode);
  if (!options.site.empty()) form += Concat("&site=", options.site);
  if (!options.rule.empty()) form += Concat("&rule=", options.rule);
  if (!options.period.empty()) form += Concat("&for=", options.period);
  const auto answer = client->Ask("POST", "/mode", form);
  if (!answer) return 1;
  if (answer->status != 200) {
    PrintRefusal(*answer);
    return 1;
  }
  const std::string until = TextOf(answer->body, "until");
  const std::string target = Target(options.site, options.rule);
  if (options.mode == "configured") {
    std::printf("%s: as configured\n", target.c_str());
    PrintRest(answer->body);
  } else if (!until.empty()) {
    std::printf("%s: %s until %s\n", target.c_str(), options.mode.c_str(), until.c_str());
  } else {
    std::printf("%s: %s until `stile mode configured`\n", target.c_str(), options.mode.c_str());
  }
  for (const char* remark : {"note", "warning"}) {
    const std::string text = TextOf(answer->body, remark);
    if (!text.empty()) std::fprintf(stderr, "%s: %s\n", remark, text.c_str());
  }
  return 0;
}

}  // namespace stile
