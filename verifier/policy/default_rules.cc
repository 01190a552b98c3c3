#include "verifier/policy/default_rules.h"

#include <utility>

namespace stile {
namespace {

using Names = std::vector<std::string>;

const Names& SearchCrawlers() {
  static const Names names = {"googlebot",   "google-special", "google-fetchers", "bingbot",
                              "applebot",    "duckduckbot",    "kagibot",         "yandexbot",
                              "baiduspider", "yahoo-slurp",    "qwantbot",        "mojeekbot"};
  return names;
}

const Names& AiAgents() {
  static const Names names = {"gptbot",        "oai-searchbot", "chatgpt-user", "claudebot",
                              "perplexitybot", "ccbot",         "amazonbot"};
  return names;
}

// What such clients call themselves.
const Names& AiUserAgents() {
  static const Names names = {"GPTBot",
                              "OAI-SearchBot",
                              "ChatGPT-User",
                              "ClaudeBot",
                              "Claude-User",
                              "Claude-SearchBot",
                              "Claude-Web",
                              "anthropic-ai",
                              "PerplexityBot",
                              "Perplexity-User",
                              "CCBot",
                              "Amazonbot",
                              "Bytespider",
                              "TikTokSpider",
                              "meta-externalagent",
                              "Meta-ExternalAgent",
                              "meta-externalfetcher",
                              "Meta-ExternalFetcher",
                              "FacebookBot",
                              "Google-CloudVertexBot",
                              "MistralAI-User",
                              "DuckAssistBot",
                              "cohere-ai",
                              "cohere-training-data-crawler",
                              "AI2Bot",
                              "Ai2Bot-Dolma",
                              "Diffbot",
                              "FirecrawlAgent",
                              "FriendlyCrawler",
                              "ICC-Crawler",
                              "ImagesiftBot",
                              "img2dataset",
                              "omgili",
                              "PanguBot",
                              "PetalBot",
                              "Timpibot",
                              "VelenPublicWebCrawler",
                              "Webzio-Extended",
                              "YouBot",
                              "Crawl4AI"};
  return names;
}

Rule Named(std::string_view name, Action action) {
  Rule rule;
  rule.name = "default." + std::string(name);
  rule.action = action;
  return rule;
}

Rule AllowedToRead(std::string_view name, Names paths) {
  Rule rule = Named(name, Action::kAllow);
  rule.paths = std::move(paths);
  rule.methods = {"GET", "HEAD"};
  return rule;
}

// The two services of git's smart protocol over HTTP, and nothing else of what lies there:
// gitprotocol-http, "Smart Clients".
Rule Git(const Names& paths) {
  Rule rule = Named("git", Action::kAllow);
  rule.paths = paths;
  rule.user_agents = {"git/", "JGit/", "go-git/", "libgit2"};
  Matchers discovery;
  discovery.methods = {"GET"};
  discovery.paths = {"*/info/refs"};
  discovery.queries = {
      {"service", FieldQuestion::kEquals, {"git-upload-pack", "git-receive-pack"}}};
  Matchers exchange;
  exchange.methods = {"POST"};
  exchange.paths = {"*/git-upload-pack", "*/git-receive-pack"};
  rule.any = {std::move(discovery), std::move(exchange)};
  return rule;
}

Rule Credentials(const Names& paths) {
  Rule rule = Named("credentials", Action::kAllow);
  rule.paths = paths;
  rule.headers = {{"authorization", FieldQuestion::kPresent, {}}};
  return rule;
}

// Crawlers read: what else comes under their name is asked like everybody.
Rule OfAgents(std::string_view name, const Names& agents) {
  Rule rule = Named(name, Action::kAllow);
  rule.agents = agents;
  rule.methods = {"GET", "HEAD"};
  return rule;
}

Rule AiScraperRule(Action action) {
  Rule rule = Named("ai-scrapers", action);
  rule.user_agents = AiUserAgents();
  if (action == Action::kChallenge) rule.rank = 2;
  return rule;
}

}  // namespace

std::vector<Rule> DefaultRules(const DefaultChoices& choices) {
  std::vector<Rule> rules;
  rules.push_back(AllowedToRead("robots", {"/robots.txt"}));
  rules.push_back(AllowedToRead("acme", {"/.well-known/acme-challenge/*"}));
  rules.push_back(AllowedToRead(
      "webfinger", {"/.well-known/webfinger", "/.well-known/host-meta", "/.well-known/nodeinfo"}));
  if (!choices.feeds.empty()) rules.push_back(AllowedToRead("feeds", choices.feeds));
  if (!choices.git.empty()) rules.push_back(Git(choices.git));
  if (!choices.credentials.empty()) rules.push_back(Credentials(choices.credentials));
  if (choices.ai_scrapers == AiScrapers::kDeny) rules.push_back(AiScraperRule(Action::kDeny));
  rules.push_back(OfAgents("crawlers", SearchCrawlers()));
  if (choices.ai_scrapers == AiScrapers::kChallenge) {
    rules.push_back(OfAgents("ai-agents", AiAgents()));
    rules.push_back(AiScraperRule(Action::kChallenge));
  }
  if (choices.ai_scrapers == AiScrapers::kAllow) rules.push_back(AiScraperRule(Action::kAllow));
  return rules;
}

}  // namespace stile
