#include "tool/price.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "challenge/concat.h"
#include "service/engine_loader.h"
#include "tool/native_rate.h"
#include "tool/policy_on_disk.h"
#include "tool/price_numbers.h"
#include "tool/price_report.h"

namespace stile {
namespace {

int Refuse(const std::string& message) {
  std::fprintf(stderr, "stile price: %s\n", message.c_str());
  return 2;
}

// Adds the rate that `text`, "PUZZLE=RATE", gives. Returns what is wrong with it; empty if nothing.
std::string AddRate(const std::string& text, SolverKind solver, PriceTerms& terms) {
  const std::size_t equals = text.find('=');
  const auto puzzle = PuzzleFromName(std::string_view(text).substr(0, equals));
  const auto rate = equals == std::string::npos
                        ? std::nullopt
                        : ParseMagnitude(std::string_view(text).substr(equals + 1));
  if (!puzzle || *puzzle == Puzzle::kWait || !rate) {
    return "'" + text + "' is no rate: write a puzzle and a number, such as hashwx=1.9M";
  }
  terms.rates.push_back({*puzzle, solver, *rate, "as given", false});
  return "";
}

std::string AddRates(const PriceOptions& options, PriceTerms& terms) {
  const std::pair<SolverKind, const std::vector<std::string>*> all[] = {
      {SolverKind::kBrowser, &options.browser_rates},
      {SolverKind::kNative, &options.native_rates},
      {SolverKind::kGpu, &options.gpu_rates}};
  for (const auto& [solver, texts] : all) {
    for (const std::string& text : *texts) {
      if (std::string fault = AddRate(text, solver, terms); !fault.empty()) return fault;
    }
  }
  return "";
}

void Measure(PriceTerms& terms) {
  for (const Puzzle puzzle : {Puzzle::kHashwx, Puzzle::kSha256}) {
    const double rate = MeasureNativeRate(puzzle, std::chrono::milliseconds{1000});
    if (rate > 0) {
      terms.rates.push_back({puzzle, SolverKind::kNative, rate, "measured just now", false});
    }
  }
}

// A policy's levels and whose they are.
struct NamedLevels {
  std::string name;
  std::vector<Level> levels;
};

// What the options say to price; nullopt once the mistakes are printed. Takes the limits of
// redeeming from the configuration.
std::optional<std::vector<NamedLevels>> Load(const PriceOptions& options, PriceTerms& terms) {
  std::vector<NamedLevels> named;
  if (!options.policy.empty()) {
    auto policy = PolicyOnDisk::Load(options.policy);
    if (!policy)
      return std::fprintf(stderr, "%s\n", ToString(policy.error()).c_str()), std::nullopt;
    named.push_back({options.policy, policy->policy->levels()});
    return named;
  }
  if (!options.config_named && !std::filesystem::exists(options.config)) {
    named.push_back({"The built-in levels", Policy::Minimal()->levels()});
    return named;
  }
  const LoadedConfig loaded = LoadConfig(options.config);
  if (!loaded.good()) {
    Errors errors = loaded.config_errors;
    errors.insert(errors.end(), loaded.policy_errors.begin(), loaded.policy_errors.end());
    return std::fprintf(stderr, "%s\n", ToString(errors).c_str()), std::nullopt;
  }
  terms.limits = loaded.config.redeem_limits;
  for (const SiteConfig& site : loaded.config.sites) {
    const std::shared_ptr<const Policy> policy =
        site.options.policy != nullptr ? site.options.policy : Policy::Minimal();
    named.push_back({"Site " + site.options.name, policy->levels()});
  }
  return named;
}

}  // namespace

int RunPrice(const PriceOptions& options) {
  PriceTerms terms;
  terms.rates.assign(ReferenceRates().begin(), ReferenceRates().end());
  terms.slow_factor = options.slow_factor;
  terms.native_hour_dollars = options.core_hour;
  terms.gpu_hour_dollars = options.gpu_hour;
  const auto named = Load(options, terms);
  if (!named) return 2;
  if (options.measure) Measure(terms);
  if (const std::string fault = AddRates(options, terms); !fault.empty()) return Refuse(fault);

  std::vector<PricedPolicy> priced;
  bool found = false;
  for (const NamedLevels& policy : *named) {
    PricedPolicy of{policy.name, PriceLevels(policy.levels, terms)};
    if (!options.level.empty()) {
      std::erase_if(of.levels, [&](const LevelPrice& l) { return l.name != options.level; });
    }
    found = found || !of.levels.empty();
    priced.push_back(std::move(of));
  }
  if (!found) return Refuse("there is no level '" + options.level + "'");
  std::string text;
  if (options.json) {
    text = PriceJson(priced, terms);
  } else {
    for (const PricedPolicy& policy : priced) {
      text += Concat(text.empty() ? "" : "\n", PriceText(policy.policy, policy.levels, terms));
    }
    text += PriceTermsText(terms);
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

}  // namespace stile
