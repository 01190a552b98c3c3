#include "verifier/agents/agent.h"

#include <algorithm>
#include <span>
#include <utility>

#include "verifier/agents/shipped_lists.h"

namespace stile {
namespace {

// Where the names of a list and an agent are the same, `list` is it.
struct Known {
  std::string_view name;
  std::string_view list;  // Empty: none is published, or none is shipped.
  std::vector<std::string> user_agents;
  std::vector<std::string> reverse_names;
};

// Names that anyone may get at a cloud (*.googleusercontent.com, *.amazonaws.com) prove nothing and
// are left out.
std::vector<Known> KnownAgents() {
  return {
      // Search.
      {"googlebot",
       "googlebot",
       {"Googlebot", "Storebot-Google", "Google-InspectionTool", "GoogleOther"},
       {"crawl-*.googlebot.com", "geo-crawl-*.geo.googlebot.com"}},
      {"google-special",
       "google-special",
       {"AdsBot-Google", "Mediapartners-Google", "APIs-Google", "Google-Safety"},
       {"rate-limited-proxy-*.google.com"}},
      {"google-fetchers",
       "google-fetchers",
       {"FeedFetcher-Google", "Google-Site-Verification", "Google-Read-Aloud", "GoogleProducer",
        "Google-NotebookLM", "Google-Pinpoint", "GoogleMessages"},
       {"google-proxy-*.google.com"}},
      {"bingbot",
       "bingbot",
       {"bingbot", "BingPreview", "adidxbot", "MicrosoftPreview"},
       {"*.search.msn.com"}},
      {"applebot", "applebot", {"Applebot"}, {"*.applebot.apple.com"}},
      {"duckduckbot", "duckduckbot", {"DuckDuckBot"}, {}},
      {"kagibot", "kagibot", {"Kagibot"}, {}},
      {"yandexbot",
       "",
       {"YandexBot", "YandexImages", "YandexMobileBot", "YandexAccessibilityBot"},
       {"*.yandex.ru", "*.yandex.net", "*.yandex.com"}},
      {"baiduspider", "", {"Baiduspider"}, {"*.crawl.baidu.com", "*.crawl.baidu.jp"}},
      {"yahoo-slurp", "", {"Yahoo! Slurp"}, {"*.crawl.yahoo.net"}},
      {"qwantbot", "", {"Qwantbot", "Qwantify"}, {"*.qwant.com"}},
      {"mojeekbot", "", {"MojeekBot"}, {"*.mojeek.com"}},
      // Language models.
      {"gptbot", "gptbot", {"GPTBot"}, {}},
      {"oai-searchbot", "oai-searchbot", {"OAI-SearchBot"}, {}},
      {"chatgpt-user", "chatgpt-user", {"ChatGPT-User"}, {}},
      {"claudebot", "claudebot", {"ClaudeBot", "Claude-User", "Claude-SearchBot"}, {}},
      {"perplexitybot", "perplexitybot", {"PerplexityBot"}, {}},
      {"ccbot", "ccbot", {"CCBot"}, {"*.crawl.commoncrawl.org"}},
      {"amazonbot", "amazonbot", {"Amazonbot"}, {}},
  };
}

std::shared_ptr<const RangeList> ShippedListOf(std::string_view name) {
  for (const ShippedList& list : ShippedLists()) {
    if (list.name != name) continue;
    // Its name says that no file of the operator's is meant.
    auto read = ParseRangeList(list.text, "shipped:" + std::string(name));
    if (read) return std::make_shared<const RangeList>(*std::move(read));
  }
  return nullptr;
}

std::vector<Agent> MakeAgents() {
  std::vector<Agent> agents;
  for (Known& known : KnownAgents()) {
    Agent agent;
    agent.name = known.name;
    agent.user_agents = std::move(known.user_agents);
    if (auto list = ShippedListOf(known.list)) agent.lists.push_back(std::move(list));
    agent.reverse_names = std::move(known.reverse_names);
    agents.push_back(std::move(agent));
  }
  return agents;
}

}  // namespace

const std::vector<Agent>& BuiltInAgents() {
  static const std::vector<Agent> agents = MakeAgents();
  return agents;
}

const Agent* FindBuiltInAgent(std::string_view name) {
  const std::vector<Agent>& agents = BuiltInAgents();
  const auto at = std::find_if(agents.begin(), agents.end(),
                               [name](const Agent& agent) { return agent.name == name; });
  return at == agents.end() ? nullptr : &*at;
}

}  // namespace stile
