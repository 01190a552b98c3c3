// What `stile price --json` prints.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "tool/price_report.h"

namespace stile {
namespace {

namespace json = boost::json;

json::value NumberJson(const std::optional<double>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

json::object SolverJson(const SolverPrice& solver) {
  return {{"solver", SolverKindName(solver.rate.solver)},
          {"seconds", solver.seconds},
          {"seconds_per_million", solver.seconds * 1e6},
          {"dollars_per_million", NumberJson(solver.dollars_per_million)},
          {"visitors", solver.visitors}};
}

// Of a level's cheapest: which it is and what it costs.
json::value CheapestJson(const AlternativePrice* price) {
  if (price == nullptr) return nullptr;
  json::object object{{"puzzle", PuzzleName(price->alternative.puzzle)},
                      {"effort", price->alternative.effort}};
  if (price->alternative.puzzle == Puzzle::kWait) {
    object["solver"] = nullptr;
    object["dollars_per_million"] = 0.0;
    return object;
  }
  const SolverPrice* const attack = price->CheapestAttack();
  if (attack == nullptr) return object;
  object["solver"] = SolverKindName(attack->rate.solver);
  object["dollars_per_million"] = NumberJson(attack->dollars_per_million);
  return object;
}

json::object AlternativeJson(const AlternativePrice& price) {
  json::array solvers;
  for (const SolverPrice& solver : price.solvers) solvers.push_back(SolverJson(solver));
  json::object object{{"puzzle", PuzzleName(price.alternative.puzzle)},
                      {"effort", price.alternative.effort},
                      {"parts", price.alternative.parts},
                      {"life_seconds", price.alternative.lifetime_seconds},
                      {"earns", price.earns},
                      {"slow_visitor_seconds", price.slow_visitor_seconds},
                      {"solvers", std::move(solvers)},
                      {"limit", nullptr}};
  if (price.limit) {
    object["limit"] = json::object{{"per_hour_and_prefix", price.limit->per_hour_and_prefix},
                                   {"per_hour", price.limit->per_hour}};
  }
  return object;
}

json::object LevelJson(const LevelPrice& level) {
  json::array alternatives;
  for (const AlternativePrice& price : level.alternatives) {
    alternatives.push_back(AlternativeJson(price));
  }
  return {{"name", level.name},
          {"rank", level.rank},
          {"cheapest", CheapestJson(level.Cheapest())},
          {"cheapest_work", CheapestJson(level.CheapestWork())},
          {"cheapest_unlimited", CheapestJson(level.CheapestUnlimited())},
          {"alternatives", std::move(alternatives)}};
}

}  // namespace

std::string PriceJson(const std::vector<PricedPolicy>& policies, const PriceTerms& terms) {
  json::array rates;
  for (const ReferenceRate& reference : ReferenceRates()) {
    const ReferenceRate* const rate = terms.Rate(reference.puzzle, reference.solver);
    if (rate == nullptr) continue;
    rates.push_back(json::object{{"puzzle", PuzzleName(rate->puzzle)},
                                 {"solver", SolverKindName(rate->solver)},
                                 {"per_second", rate->per_second},
                                 {"provenance", rate->provenance},
                                 {"cited", rate->is_cited}});
  }
  json::array named;
  for (const PricedPolicy& policy : policies) {
    json::array levels;
    for (const LevelPrice& level : policy.levels) levels.push_back(LevelJson(level));
    named.push_back(json::object{{"policy", policy.policy}, {"levels", std::move(levels)}});
  }
  return json::serialize(json::object{{"rates", std::move(rates)},
                                      {"slow_factor", terms.slow_factor},
                                      {"core_hour_dollars", terms.native_hour_dollars},
                                      {"gpu_hour_dollars", terms.gpu_hour_dollars},
                                      {"policies", std::move(named)}}) +
         "\n";
}

}  // namespace stile
