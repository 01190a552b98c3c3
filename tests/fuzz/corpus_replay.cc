// Runs a target on its whole named corpus, and then on a bounded number of seeded mutations of it,
// without any instrumentation: what ordinary builds have in libFuzzer's place.
//
//   fuzz_replay TARGET CORPUS MUTATIONS [SEED]

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "tests/fuzz/fuzz_target.h"

namespace stile {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kMaxInput = 8192;

// The input in progress, for whoever has to reproduce a crash.
const Bytes* current = nullptr;

void ReportCrash(int signal) {
  static constexpr char kDigits[] = "0123456789abcdef";
  static char line[2 * kMaxInput + 2];
  std::size_t size = 0;
  if (current != nullptr) {
    for (std::size_t i = 0; i < std::min(current->size(), kMaxInput); ++i) {
      line[size++] = kDigits[(*current)[i] >> 4];
      line[size++] = kDigits[(*current)[i] & 15];
    }
  }
  line[size++] = '\n';
  static constexpr char kTitle[] = "the input was, in hex: ";
  if (write(STDERR_FILENO, kTitle, sizeof kTitle - 1) < 0 || write(STDERR_FILENO, line, size) < 0) {
    // Nothing is left to say it with.
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// splitmix64: the same numbers from the same seed everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
  }
  std::size_t Below(std::size_t limit) { return limit == 0 ? 0 : Next() % limit; }

 private:
  std::uint64_t state_;
};

Bytes PieceOf(const Bytes& bytes, Random& random) {
  const std::size_t begin = random.Below(bytes.size() + 1);
  const std::size_t size = random.Below(std::min<std::size_t>(bytes.size() - begin, 64) + 1);
  const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(begin);
  return {first, first + static_cast<std::ptrdiff_t>(size)};
}

void Mutate(Bytes& bytes, const std::vector<Bytes>& corpus, Random& random) {
  static constexpr char kText[] = "\0\n\r\t \"'\\;=.:/#[]{}%+-_09AZaz\x7f\x80\xff";
  static constexpr std::string_view kTelling(kText, sizeof kText - 1);
  const std::size_t at = random.Below(bytes.size() + 1);
  const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  const bool inside = at < bytes.size();
  switch (random.Below(7)) {
    case 0:
      if (inside) *place ^= static_cast<std::uint8_t>(1U << random.Below(8));
      break;
    case 1:
      if (inside) *place = static_cast<std::uint8_t>(kTelling[random.Below(kTelling.size())]);
      break;
    case 2:
      bytes.insert(place, static_cast<std::uint8_t>(kTelling[random.Below(kTelling.size())]));
      break;
    case 3:
      bytes.erase(place, place + static_cast<std::ptrdiff_t>(random.Below(
                                     std::min<std::size_t>(bytes.size() - at, 16) + 1)));
      break;
    case 4: {
      const Bytes piece = PieceOf(bytes, random);
      bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), piece.begin(), piece.end());
      break;
    }
    case 5: {
      const Bytes piece = PieceOf(corpus[random.Below(corpus.size())], random);
      bytes.insert(place, piece.begin(), piece.end());
      break;
    }
    default:
      bytes.resize(at);
      break;
  }
  if (bytes.size() > kMaxInput) bytes.resize(kMaxInput);
}

void RunOn(const FuzzTarget& target, const Bytes& input) {
  current = &input;
  target.run(input);
  current = nullptr;
}

std::vector<Bytes> ReadCorpus(const char* folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry);
  std::sort(paths.begin(), paths.end());
  std::vector<Bytes> corpus;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return corpus;
}

int Replay(const FuzzTarget& target, const char* folder, std::size_t mutations,
           std::uint64_t seed) {
  const std::vector<Bytes> corpus = ReadCorpus(folder);
  if (corpus.size() < 5) {
    std::fprintf(stderr, "%s holds %zu inputs: not a corpus\n", folder, corpus.size());
    return 1;
  }
  for (const Bytes& input : corpus) RunOn(target, input);
  RunOn(target, {});
  int missed = 0;
  for (const std::string_view milestone : target.milestones) {
    if (IsReached(milestone)) continue;
    std::fprintf(stderr, "no input of the corpus reaches: %s\n", milestone.data());
    ++missed;
  }
  Random random(seed);
  for (std::size_t i = 0; i < mutations; ++i) {
    Bytes input = corpus[random.Below(corpus.size())];
    for (std::size_t changes = 1 + random.Below(4); changes > 0; --changes) {
      Mutate(input, corpus, random);
    }
    RunOn(target, input);
  }
  std::printf("%zu inputs, %zu mutations with seed %llu, %d milestones missed\n", corpus.size(),
              mutations, static_cast<unsigned long long>(seed), missed);
  return missed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace stile

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::fprintf(stderr, "usage: fuzz_replay TARGET CORPUS MUTATIONS [SEED]\n");
    return 2;
  }
  const auto targets = stile::FuzzTargets();
  const auto target = std::find_if(targets.begin(), targets.end(),
                                   [&](const auto& t) { return t.name == argv[1]; });
  if (target == targets.end()) {
    std::fprintf(stderr, "no target is called %s\n", argv[1]);
    return 2;
  }
  const std::uint64_t seed = argc == 5 ? std::strtoull(argv[4], nullptr, 10) : 1;
  std::printf("%s, seed %llu\n", argv[1], static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  std::signal(SIGABRT, stile::ReportCrash);
  std::signal(SIGSEGV, stile::ReportCrash);
  return stile::Replay(*target, argv[2], std::strtoull(argv[3], nullptr, 10), seed);
}
