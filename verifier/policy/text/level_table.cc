#include "verifier/policy/text/level_table.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "verifier/policy/built_in_levels.h"
#include "verifier/policy/mistake/source_mistake.h"
#include "verifier/policy/policy.h"
#include "verifier/policy/text/budget_text.h"

namespace stile {
namespace {

constexpr std::array<std::string_view, 4> kLevelKeys = {"rank", "lifetime", "budget",
                                                        "alternatives"};
constexpr std::array<std::string_view, 6> kAlternativeKeys = {"puzzle",  "effort", "parts",
                                                              "seconds", "level",  "lifetime"};

// A level and where it and its alternatives stand.
struct PlacedLevel {
  Level level;
  FilePlace place;
  std::array<FilePlace, kMaxAlternatives> alternatives{};
  FilePlace budget_place;
};

std::optional<std::uint32_t> ReadLifetime(TableReader& reader, FileErrors& errors) {
  const auto lifetime = reader.Duration("lifetime");
  if (!lifetime) return std::nullopt;
  if (lifetime->count() < 1 || lifetime->count() > kMaxClearanceSeconds) {
    errors.Add(reader.PlaceOfKey("lifetime"), ErrorCode::kOutOfRange,
               "lifetime must be from \"1s\" to \"168h\"");
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(lifetime->count());
}

// What an alternative's clearance lives by default.
std::uint32_t LifetimeOf(const Level& level, std::size_t index, std::uint32_t of_level) {
  const bool waits = level.alternatives[index].puzzle == Puzzle::kWait;
  if (waits) return std::min(of_level, kMaxWaitedSeconds);
  return level.IsFallback(index) ? std::max<std::uint32_t>(of_level / kFallbackLifetimeDivisor, 1)
                                 : of_level;
}

// Reads one level. `errors` grows by whatever is wrong.
class LevelReader {
 public:
  LevelReader(std::string_view name, const toml::table& table, FileErrors& errors)
      : errors_(errors),
        reader_(table, "a level", kLevelKeys, errors),
        built_in_(FindBuiltInLevel(name)) {
    placed_.place = PlaceOf(table);
    placed_.level.name = name;
  }

  PlacedLevel Read() && {
    ReadRank();
    const auto lifetime = ReadLifetime(reader_, errors_);
    if (reader_.Has("alternatives")) {
      ReadAlternatives(lifetime ? *lifetime : DefaultLifetime());
    } else if (built_in_ != nullptr) {
      TakeBuiltInAlternatives(lifetime);
    } else {
      errors_.Add(placed_.place, "level \"" + placed_.level.name +
                                     "\" needs alternatives, such as alternatives = [ { puzzle = "
                                     "\"hashwx\", effort = 524288 } ]");
    }
    ReadBudget();
    return std::move(placed_);
  }

 private:
  void ReadRank() {
    if (const auto rank = reader_.Integer("rank", 1, 255)) {
      placed_.level.rank = static_cast<std::uint8_t>(*rank);
      if (built_in_ == nullptr || *rank == built_in_->rank) return;
      errors_.Add(reader_.PlaceOfKey("rank"), "the rank of level \"" + placed_.level.name +
                                                  "\" is " + std::to_string(built_in_->rank) +
                                                  " for ever: write that or leave it out");
      placed_.level.rank = built_in_->rank;
    } else if (!reader_.Has("rank") && built_in_ != nullptr) {
      placed_.level.rank = built_in_->rank;
    } else if (!reader_.Has("rank")) {
      errors_.Add(placed_.place, "level \"" + placed_.level.name +
                                     "\" needs a rank from 1 to 255, and keeps it for ever");
    }
  }

  // 0: there is none.
  [[nodiscard]] std::uint32_t DefaultLifetime() const {
    return built_in_ == nullptr ? 0 : built_in_->alternatives[0].lifetime_seconds;
  }

  void TakeBuiltInAlternatives(std::optional<std::uint32_t> lifetime) {
    Level& level = placed_.level;
    level.alternative_count = built_in_->alternative_count;
    level.alternatives = built_in_->alternatives;
    level.earns = built_in_->earns;
    placed_.alternatives.fill(placed_.place);
    if (!lifetime) return;
    for (std::size_t i = 0; i < level.alternative_count; ++i) {
      level.alternatives[i].lifetime_seconds = LifetimeOf(level, i, *lifetime);
    }
  }

  void ReadAlternatives(std::uint32_t lifetime) {
    const std::vector<const toml::table*> tables = reader_.Tables("alternatives");
    if (tables.size() > kMaxAlternatives) {
      errors_.Add(PlaceOf(*tables[kMaxAlternatives]), ErrorCode::kOutOfRange,
                  "a level has at most 4 alternatives: remove this one");
    }
    const std::size_t count = std::min(tables.size(), kMaxAlternatives);
    std::array<bool, kMaxAlternatives> has_default{};
    for (std::size_t i = 0; i < count; ++i)
      has_default[i] = ReadAlternative(*tables[i], i, lifetime);
    placed_.level.alternative_count = static_cast<std::uint8_t>(count);
    // Only now it is known beside what each stands.
    for (std::size_t i = 0; i < count; ++i) {
      Alternative& alternative = placed_.level.alternatives[i];
      if (has_default[i]) alternative.lifetime_seconds = LifetimeOf(placed_.level, i, lifetime);
    }
  }

  // Returns whether its lifetime is the default, of which `lifetime` is the level's.
  bool ReadAlternative(const toml::table& table, std::size_t index, std::uint32_t lifetime) {
    TableReader reader(table, "an alternative", kAlternativeKeys, errors_);
    Alternative& alternative = placed_.level.alternatives[index];
    placed_.alternatives[index] = PlaceOf(table);
    ReadPuzzle(reader, table, alternative);
    if (const auto level = reader.Text("level")) placed_.level.earns[index] = level->text;
    if (const auto own = ReadLifetime(reader, errors_)) {
      alternative.lifetime_seconds = *own;
    } else if (lifetime != 0) {
      return true;
    } else if (!reader.Has("lifetime") && !reader_.Has("lifetime")) {
      errors_.Add(PlaceOf(table), "give the alternative or its level a lifetime, such as \"12h\"");
    }
    return false;
  }

  void ReadPuzzle(TableReader& reader, const toml::table& table, Alternative& alternative) {
    static constexpr std::array<std::string_view, 3> kPuzzles = {"hashwx", "sha256", "wait"};
    const auto puzzle = reader.OneOf("puzzle", kPuzzles);
    if (!puzzle) {
      if (!reader.Has("puzzle")) {
        errors_.Add(PlaceOf(table),
                    "an alternative needs a puzzle: \"hashwx\", \"sha256\" or \"wait\"");
      }
      return;
    }
    alternative.puzzle = *PuzzleFromName(kPuzzles[*puzzle]);
    if (alternative.puzzle == Puzzle::kWait) {
      ReadWait(reader, table, alternative);
    } else {
      ReadWork(reader, table, alternative);
    }
  }

  void ReadWork(TableReader& reader, const toml::table& table, Alternative& alternative) {
    const bool is_hashwx = alternative.puzzle == Puzzle::kHashwx;
    const std::string name(PuzzleName(alternative.puzzle));
    Refuse(reader, "seconds", name + " has no seconds: remove them");
    const auto effort = reader.Integer("effort", 1, kMaxEffort);
    if (effort) alternative.effort = *effort;
    if (!reader.Has("effort")) {
      errors_.Add(PlaceOf(table),
                  name + " needs an effort, such as effort = " +
                      std::to_string(is_hashwx ? 2 * kMinLightHashwx : kMinLightSha256));
    }
    const auto parts = reader.Integer("parts", 1, kMaxParts);
    alternative.parts = parts       ? static_cast<std::uint8_t>(*parts)
                        : is_hashwx ? kHashwxParts
                                    : kSha256Parts;
  }

  void ReadWait(TableReader& reader, const toml::table& table, Alternative& alternative) {
    Refuse(reader, "effort", "wait has seconds, no effort: remove it");
    Refuse(reader, "parts", "wait has seconds, no parts: remove them");
    const auto seconds = reader.Integer("seconds", 1, kMaxWaitMillis / 1000);
    if (seconds) alternative.effort = *seconds * 1000;
    if (!reader.Has("seconds")) errors_.Add(PlaceOf(table), "wait needs seconds, at least 5");
  }

  void Refuse(const TableReader& reader, std::string_view key, std::string message) {
    if (reader.Has(key)) errors_.Add(reader.PlaceOfKey(key), std::move(message));
  }

  void ReadBudget() {
    placed_.level.budget = stile::ReadBudget(reader_, "budget", errors_, &placed_.budget_place);
  }

  FileErrors& errors_;
  TableReader reader_;
  const Level* built_in_;  // Null if the name is none of theirs.
  PlacedLevel placed_;
};

// Judges the levels of a file as a whole.
class LevelsCheck {
 public:
  LevelsCheck(const std::vector<PlacedLevel>& placed, const std::vector<Level>& completed,
              FileErrors& errors)
      : placed_(placed), completed_(completed), errors_(errors) {}

  void Run() {
    for (LevelMistake& found : MistakesInLevels(completed_)) {
      const PlacedLevel& placed = PlacedFor(completed_[found.level]);
      if (!WasRead(placed.level, found.alternative)) continue;
      const FilePlace place =
          found.alternative ? placed.alternatives[*found.alternative] : placed.place;
      errors_.Add(place, found.mistake.code, std::move(found.mistake.message));
    }
    for (const Level& level : completed_) CheckFloors(level);
    CheckWaitBudget();
  }

 private:
  // False if something that the check needs was missing or wrong, which has been said already.
  [[nodiscard]] static bool WasRead(const Level& level, std::optional<std::size_t> alternative) {
    if (level.rank == 0 || level.alternative_count == 0) return false;
    return !alternative || WasRead(level.alternatives[*alternative]);
  }
  [[nodiscard]] static bool WasRead(const Alternative& alternative) {
    return alternative.puzzle != Puzzle::kNone && alternative.effort != 0 &&
           alternative.lifetime_seconds != 0;
  }

  // The level of the file that is behind `level`: itself, or for a built-in one the level that has
  // taken its rank.
  [[nodiscard]] const PlacedLevel& PlacedFor(const Level& level) const {
    if (const PlacedLevel* placed = FindPlaced(level.name)) return *placed;
    return *std::find_if(placed_.begin(), placed_.end() - 1,
                         [&](const PlacedLevel& p) { return p.level.rank == level.rank; });
  }

  [[nodiscard]] const PlacedLevel* FindPlaced(std::string_view name) const {
    const auto at = std::find_if(placed_.begin(), placed_.end(),
                                 [name](const PlacedLevel& p) { return p.level.name == name; });
    return at == placed_.end() ? nullptr : &*at;
  }

  void CheckFloors(const Level& level) {
    const PlacedLevel* placed = FindPlaced(level.name);
    if (placed == nullptr) return;
    for (std::size_t i = 0; i < level.alternative_count; ++i) {
      const Alternative& a = level.alternatives[i];
      if (!WasRead(a)) continue;
      const FilePlace place = placed->alternatives[i];
      if (a.puzzle == Puzzle::kWait) {
        if (a.effort < kMinWaitMillis) {
          errors_.Add(place, ErrorCode::kOutOfRange, "wait asks at least 5 seconds: raise them");
        }
        if (a.lifetime_seconds > kMaxWaitedSeconds) {
          errors_.Add(place, ErrorCode::kOutOfRange,
                      "what waiting earns lives at most \"10m\": shorten the lifetime");
        }
      } else if (a.effort < FloorOf(a.puzzle) && a.rank >= AcceptedByLight()) {
        errors_.Add(place, ErrorCode::kOutOfRange,
                    "what this earns opens level \"light\", which asks at least " +
                        std::to_string(FloorOf(a.puzzle)) + ": raise the effort");
      }
    }
  }

  [[nodiscard]] static std::uint64_t FloorOf(Puzzle puzzle) {
    return puzzle == Puzzle::kHashwx ? kMinLightHashwx : kMinLightSha256;
  }

  [[nodiscard]] std::uint8_t AcceptedByLight() const {
    const auto light = std::find_if(completed_.begin(), completed_.end(),
                                    [](const Level& level) { return level.name == "light"; });
    return light == completed_.end() ? 0 : light->AcceptedRank();
  }

  void CheckWaitBudget() {
    const PlacedLevel* wait = FindPlaced("wait");
    if (wait == nullptr || !wait->level.budget) return;
    const auto light = std::find_if(completed_.begin(), completed_.end(),
                                    [](const Level& level) { return level.name == "light"; });
    if (light == completed_.end() || !light->budget) return;
    if (IsAtMostTenth(*wait->level.budget, *light->budget)) return;
    errors_.Add(wait->budget_place, ErrorCode::kOutOfRange,
                "the budget of \"wait\" is at most a tenth of that of \"light\": lower it");
  }

  [[nodiscard]] static bool IsAtMostTenth(const Rate& wait, const Rate& light) {
    if (light.count == 0) return true;
    if (wait.count == 0) return false;
    const auto wait_per = static_cast<std::uint64_t>(wait.period.count());
    const auto light_per = static_cast<std::uint64_t>(light.period.count());
    return wait.count * light_per * 10 <= light.count * wait_per;
  }

  const std::vector<PlacedLevel>& placed_;
  const std::vector<Level>& completed_;
  FileErrors& errors_;
};

}  // namespace

std::vector<Level> ReadLevels(const toml::table* levels, FileErrors& errors) {
  std::vector<PlacedLevel> placed;
  std::vector<Level> completed;
  if (levels != nullptr) {
    for (const auto& [key, value] : *levels) {
      const toml::table* table = value.as_table();
      if (table == nullptr) {
        errors.Add(PlaceOf(value), "a level is a table, such as [level.light]");
        continue;
      }
      if (placed.size() == Policy::kMaxLevels) {
        errors.Add(PlaceOf(value), ErrorCode::kOutOfRange,
                   "there are more than 64 levels: remove some");
        break;
      }
      placed.push_back(LevelReader(key.str(), *table, errors).Read());
      completed.push_back(placed.back().level);
    }
  }
  CompleteLevels(completed);
  if (!placed.empty()) LevelsCheck(placed, completed, errors).Run();
  return completed;
}

}  // namespace stile
