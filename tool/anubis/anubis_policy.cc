#include "tool/anubis/anubis_policy.h"

#include <algorithm>
#include <array>
#include <utility>

#include "challenge/concat.h"
#include "engine/config/file_path.h"
#include "service/file_text.h"
#include "tool/anubis/anubis_thresholds.h"
#include "tool/anubis/condition.h"
#include "verifier/agents/agent.h"
#include "verifier/policy/default_rules.h"

namespace stile {
namespace {

constexpr std::size_t kMaxImportDepth = 8;
constexpr std::size_t kMaxFiles = 256;
constexpr std::string_view kData = "(data)/";

// Imports that the default policy knows better.
struct CoveredImport {
  std::string_view name;
  std::string_view ai_scrapers;
  std::string_view note;
};
constexpr auto kCovered = std::to_array<CoveredImport>({
    {"meta/ai-block-aggressive.yaml", "deny", "becomes ai_scrapers = \"deny\""},
    {"meta/ai-block-moderate.yaml", "challenge",
     "becomes ai_scrapers = \"challenge\": those that prove who they are pass"},
    {"meta/ai-block-permissive.yaml", "challenge",
     "becomes ai_scrapers = \"challenge\": those that prove who they are pass"},
    {"bots/ai-catchall.yaml", "deny", "becomes ai_scrapers = \"deny\""},
    {"bots/ai-robots-txt.yaml", "deny", "becomes ai_scrapers = \"deny\""},
    {"clients/ai.yaml", "deny", "becomes ai_scrapers = \"deny\""},
    {"crawlers/ai-search.yaml", "deny", "becomes ai_scrapers = \"deny\""},
    {"crawlers/ai-training.yaml", "deny", "becomes ai_scrapers = \"deny\""},
});

// What is never challenged in Stile, and what else the import lets through.
constexpr std::string_view kKeepWorking =
    "path = [\"/.well-known/*\", \"/robots.txt\", \"/sitemap.xml\", \"/favicon.ico\", "
    "\"/favicon.png\",\n  \"/favicon.gif\", \"/favicon.jpg\", \"/favicon.jpeg\", "
    "\"/favicon.svg\"]\n"
    "action = \"allow\"\n";
constexpr std::string_view kPrivateAddresses =
    "ip = [\"10.0.0.0/8\", \"172.16.0.0/12\", \"192.168.0.0/16\", \"fc00::/7\", \"fe80::/10\"]\n"
    "action = \"allow\"\n";

bool IsTrue(const YamlNode* node) {
  return node != nullptr && node->kind == YamlKind::kScalar &&
         (node->text == "true" || node->text == "True" || node->text == "yes");
}

// The agents that the file "crawlers/..." of Anubis lets through, as far as they are known here.
std::vector<std::string> AgentsOf(std::string_view file) {
  constexpr std::string_view kCrawlers = "crawlers/";
  constexpr std::string_view kYaml = ".yaml";
  if (!file.starts_with(kCrawlers) || !file.ends_with(kYaml)) return {};
  file.remove_prefix(kCrawlers.size());
  file.remove_suffix(kYaml.size());
  if (file == "_allow-good") {
    for (const Rule& rule : DefaultRules({})) {
      if (rule.name == "default.crawlers") return rule.agents;
    }
  }
  if (FindBuiltInAgent(file) == nullptr) return {};
  return {std::string(file)};
}

// True if a rule, as it is written, only adds to the weight.
bool OnlyWeighs(const std::string& rule) {
  return rule.find("\naction = \"weigh\"\n") != std::string::npos;
}

// What a member of a policy, besides bots and thresholds, says about itself. Empty: nothing is
// lost.
struct OtherKey {
  std::string_view name;
  bool is_lost;  // Else it has another place here.
  std::string_view note;
};
constexpr auto kOtherKeys = std::to_array<OtherKey>({
    {"dnsbl", true, "no DNS blocklist is asked: name lists of ranges with ip_list"},
    {"honeypot", true, "there is no honeypot"},
    {"openGraph", true, "tags for previews are not passed on: allow previewers by a rule"},
    {"status_codes", false, "statuses are not configured: a page that asks or refuses is a 403"},
    {"store", false, "nothing is stored, so there is no store to configure"},
    {"impressum", false, "contact and privacy belong to [site.page] in stile.toml"},
    {"logging", false, "logging belongs to [log] in stile.toml"},
    {"metrics", false, "metrics belong to [metrics] in stile.toml"},
});

}  // namespace

std::string AnubisPolicy::Convert(const YamlNode& root, const std::string& file) {
  open_files_.insert(file);
  const YamlNode* const bots = root.kind == YamlKind::kMap ? root.Find("bots") : &root;
  if (bots == nullptr || bots->kind != YamlKind::kList) {
    notes_.Lose(file, root.place, "it has no list \"bots\"");
  } else {
    ConvertBots(*bots, file, 0);
  }
  NoteWhatComesLater();
  if (root.kind == YamlKind::kMap) NoteOtherKeys(root, file);
  std::string text = Concat("# Made by `stile import anubis` from ", Printable(file),
                            ".\n# Try it on an access log before it serves: stile simulate.\n\n");
  text += ConvertThresholds(root.kind == YamlKind::kMap ? root.Find("thresholds") : nullptr, file,
                            notes_);
  text += DefaultPolicy();
  for (const std::string& rule : texts_) text += "\n" + rule;
  return text;
}

std::string AnubisPolicy::DefaultPolicy() const {
  if (!wants_default_policy_) return "";
  std::string text = "\n[default_policy]\n";
  text += ai_scrapers_.empty() ? "" : Concat("ai_scrapers = \"", ai_scrapers_, "\"\n");
  text += "feeds = []  # Without this line /feed.xml and the like are never challenged.\n";
  if (wants_git_) text += "git = [\"/*\"]\n";
  return text;
}

void AnubisPolicy::ConvertBots(const YamlNode& bots, const std::string& file, std::size_t depth) {
  for (const YamlNode& bot : bots.items) {
    if (bot.kind != YamlKind::kMap) {
      notes_.Lose(file, bot.place, "this is no rule");
    } else if (const YamlNode* import = bot.Find("import");
               import != nullptr && import->kind == YamlKind::kScalar) {
      Import(*import, file, depth);
    } else {
      ++bots_;
      if (auto rule = rules_.Convert(bot, file)) {
        ++converted_;
        texts_.push_back(*std::move(rule));
      }
    }
  }
}

void AnubisPolicy::Import(const YamlNode& import, const std::string& file, std::size_t depth) {
  const std::string& name = import.text;
  if (!name.starts_with(kData)) {
    return ReadFile(PathUnder(DirectoryOf(file), name), import, file, depth);
  }
  const std::string inner = name.substr(kData.size());
  if (TakeCovered(inner, import, file)) return;
  if (data_.empty()) {
    notes_.Lose(file, import.place,
                Concat(Printable(name),
                       " is a file of Anubis': name its data folder with --data, and "
                       "it is converted too"));
  } else if (inner.find("..") != std::string::npos) {
    notes_.Lose(file, import.place, Concat(Printable(name), " leads out of the data folder"));
  } else {
    ReadFile(PathUnder(data_, inner), import, file, depth);
  }
}

bool AnubisPolicy::TakeCovered(std::string_view name, const YamlNode& import,
                               const std::string& file) {
  const auto change = [&](std::string_view note) {
    notes_.Change(file, import.place, Concat(Printable(import.text), ": ", note));
    return true;
  };
  const auto put = [&](std::string_view rule, std::string_view body) {
    texts_.push_back(Concat("# ", Printable(file), ":", import.place.line, "\n[[rule]]\nname = \"",
                            rules_.NameFor(rule), "\"\n", body));
    return true;
  };
  if (name == "common/keep-internet-working.yaml") {
    return put("keep-internet-working", kKeepWorking);
  }
  if (name == "common/allow-private-addresses.yaml") {
    return put("private-addresses", kPrivateAddresses);
  }
  if (const auto agents = AgentsOf(name); !agents.empty()) {
    const bool is_one = agents.size() == 1;
    change(is_one ? Concat("becomes a rule for ", agents[0],
                           " that reads, where its address too "
                           "says that it is it")
                  : "becomes a rule for the search engines that read, where their addresses too "
                    "say who they are: whoever else it names gets none");
    return put(is_one ? agents[0] : "search-engines",
               TomlMatchers(Condition::All({Condition::Texts("agent", agents),
                                            Condition::Texts("method", {"GET", "HEAD"})})) +
                   "action = \"allow\"\n");
  }
  const auto covered = std::find_if(kCovered.begin(), kCovered.end(),
                                    [name](const CoveredImport& c) { return c.name == name; });
  const bool is_git = name == "clients/git.yaml";
  if (covered == kCovered.end() && !is_git) return false;
  wants_default_policy_ = true;
  later_.push_back({file, import.place, import.text, texts_.size()});
  if (is_git) {
    wants_git_ = true;
    return change("becomes git = [\"/*\"]: narrow it to where repositories are");
  }
  // What is stricter holds.
  if (covered->ai_scrapers == "deny" || ai_scrapers_.empty()) {
    ai_scrapers_ = std::string(covered->ai_scrapers);
  }
  return change(covered->note);
}

void AnubisPolicy::NoteWhatComesLater() {
  for (const Later& later : later_) {
    const auto first = texts_.begin() + static_cast<std::ptrdiff_t>(later.rules_before);
    const auto rule = std::find_if_not(first, texts_.end(), OnlyWeighs);
    if (rule == texts_.end()) continue;
    notes_.Lose(
        later.file, later.place,
        Concat(
            Printable(later.name),
            " no longer comes before the rules that follow it: the default policy stands for it, "
            "which comes after all rules"));
  }
}

void AnubisPolicy::ReadFile(const std::string& path, const YamlNode& import,
                            const std::string& file, std::size_t depth) {
  const auto lose = [&](std::string_view why) {
    notes_.Lose(file, import.place, Concat(Printable(import.text), " is left out: ", why));
  };
  if (depth == kMaxImportDepth) return lose("imports are nested more than 8 deep");
  if (files_ == kMaxFiles) return lose("there are more than 256 imports");
  if (!open_files_.insert(path).second) return lose("it imports itself");
  ++files_;
  const auto text = source_(path);
  if (!text) {
    lose(text.error());
  } else if (const auto tree = ParseYaml(*text, path); !tree) {
    lose(ToString(tree.error()));
  } else {
    const YamlNode* const bots = tree->kind == YamlKind::kMap ? tree->Find("bots") : &*tree;
    if (bots != nullptr && bots->kind == YamlKind::kList) {
      ConvertBots(*bots, path, depth + 1);
    } else {
      lose("it is no list of rules");
    }
  }
  open_files_.erase(path);
}

void AnubisPolicy::NoteOtherKeys(const YamlNode& root, const std::string& file) {
  for (const YamlMember& member : root.members) {
    if (member.name == "bots" || member.name == "thresholds") continue;
    const auto known = std::find_if(kOtherKeys.begin(), kOtherKeys.end(),
                                    [&member](const OtherKey& k) { return k.name == member.name; });
    if (known == kOtherKeys.end()) {
      notes_.Lose(file, member.place, Concat("nothing here is like ", Printable(member.name)));
      continue;
    }
    const bool is_map = member.value.kind == YamlKind::kMap;
    const bool is_off =
        known->is_lost && !IsTrue(is_map ? member.value.Find("enabled") : &member.value);
    if (is_off || member.value.kind == YamlKind::kNull) continue;
    if (known->is_lost) {
      notes_.Lose(file, member.place, std::string(known->note));
    } else {
      notes_.Change(file, member.place, std::string(known->note));
    }
  }
  if (rules_.needs_places()) {
    notes_.Change(file, root.place,
                  "rules look at countries or networks, which take a database: docs/operations.md");
  }
}

}  // namespace stile
