#include "bench/flood/flood_json.h"

#include <fstream>
#include <initializer_list>
#include <ostream>
#include <utility>
#include <vector>

namespace stile::bench {
namespace {

using Members = std::initializer_list<std::pair<const char*, double>>;

void Put(std::ostream& out, const char* name, const Members& members) {
  out << "  \"" << name << "\": {";
  const char* between = "";
  for (const auto& [member, value] : members) {
    out << between << '"' << member << "\": " << value;
    between = ", ";
  }
  out << "},\n";
}

void Put(std::ostream& out, const char* name, const VisitorFigures& figures) {
  Put(out, name,
      {{"came", figures.came},
       {"through", figures.through},
       {"through_fallback", figures.through_fallback},
       {"p50_s", figures.p50},
       {"p95_s", figures.p95},
       {"failed_pages", figures.failed_pages},
       {"asked_again", figures.asked_again}});
}

void Put(std::ostream& out, const std::vector<FloodMoment>& moments) {
  out << "  \"columns\": [\"at_s\", \"price\", \"redeemed\", \"reached\", \"error_share\"],\n"
      << "  \"moments\": [";
  const char* between = "\n    ";
  for (const FloodMoment& moment : moments) {
    out << between << '[' << moment.at << ", " << moment.price << ", " << moment.redeemed << ", "
        << moment.reached << ", " << moment.error_share << ']';
    between = ",\n    ";
  }
  out << "]}";
}

}  // namespace

void FloodJson::Add(const Scenario& scenario, const std::string& rival, const FloodResult& result) {
  runs_ << (empty_ ? "" : ",\n") << " {\"scenario\": \"" << scenario.name << "\", \"rival\": \""
        << rival << "\",\n";
  empty_ = false;
  Put(runs_, "input",
      {{"bots", scenario.bot_count()},
       {"visitors", scenario.visitors},
       {"seed", static_cast<double>(scenario.seed)},
       {"quiet_s", scenario.phases.quiet},
       {"attack_s", scenario.phases.attack},
       {"after_s", scenario.phases.after},
       {"admissions", scenario.admissions},
       {"capacity", scenario.origin.capacity},
       {"cores", scenario.farm.cores},
       {"gpus", scenario.farm.gpus}});
  Put(runs_, "before", result.before);
  Put(runs_, "during", result.during);
  Put(runs_, "after", result.after);
  Put(runs_, "origin",
      {{"mean", result.mean_load},
       {"peak", result.peak_load},
       {"error_share", result.error_share}});
  Put(runs_, "attacker",
      {{"core_seconds", result.bill.core_seconds},
       {"gpu_seconds", result.bill.gpu_seconds},
       {"eur", result.bill.eur},
       {"solved", static_cast<double>(result.bill.solved)},
       {"clearances", static_cast<double>(result.bot_clearances)},
       {"requests", result.bot_requests}});
  runs_ << "  \"settled_s\": " << result.settled << ",\n";
  Put(runs_, result.moments);
}

bool FloodJson::Write(const std::string& path) const {
  std::ofstream file(path);
  file << "{\"runs\": [\n" << runs_.str() << "\n]}\n";
  file.close();
  return file.good();
}

}  // namespace stile::bench
