#include "challenge/puzzle/hashwx_function.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/challenge/hex.h"

namespace stile {
namespace {

using Seed = std::array<std::uint8_t, 32>;

HashwxFunction FunctionOf(const Seed& seed) {
  HashwxFunction function;
  HashwxFunction::Make(seed.data(), function);
  return function;
}

Seed RandomSeed(std::mt19937_64& random) {
  Seed seed;
  for (std::uint8_t& byte : seed) byte = static_cast<std::uint8_t>(random());
  return seed;
}

bool IsXas(const HashwxInstruction& in) {
  return in.opcode >= kHashwxXorRor && in.opcode <= kHashwxSubLsr;
}
bool IsMul(const HashwxInstruction& in) { return in.opcode <= kHashwxMulAdd; }

TEST(HashwxFunction, HashesOfKnownSeedsAreTheirs) {
  Seed seed{};
  EXPECT_EQ(FunctionOf(seed).Hash(0), 0x91abdf0422944e5dU);
  EXPECT_EQ(FunctionOf(seed).Hash(~std::uint64_t{0}), 0xe63da00c5ce67bd6U);
  seed.fill(0xFF);
  EXPECT_EQ(FunctionOf(seed).Hash(0), 0xb15c97ddb2cf28acU);
  EXPECT_EQ(FunctionOf(seed).Hash(462), 0xce3e17227b9ffaf0U);
}

TEST(HashwxFunction, EveryInstructionIsInsideTheLimitsOfItsKind) {
  std::mt19937_64 random(20261126);
  for (int i = 0; i < 500; ++i) {
    const HashwxFunction function = FunctionOf(RandomSeed(random));
    for (const auto& program : function.programs) {
      std::set<int> destinations;
      for (int j = 0; j < HashwxFunction::kInstructions; ++j) {
        const HashwxInstruction& in = program[j];
        if (j == 7 || j == 9) {
          EXPECT_EQ(in.opcode, j == 7 ? kHashwxBranch : kHashwxHalt);
          continue;
        }
        ASSERT_LT(in.dst, 8);
        destinations.insert(in.dst);
        if (j == 0) {
          EXPECT_EQ(in.opcode, kHashwxRmcg);
          EXPECT_TRUE(in.src == 8 || in.src == 9);
          EXPECT_TRUE(in.imm >= 1 && in.imm <= 63);
        } else if (j % 2 == 1 || j == 8) {
          ASSERT_TRUE(IsXas(in));
          EXPECT_LT(in.src, 8);
          EXPECT_TRUE(in.imm >= 1 && in.imm <= (in.opcode <= kHashwxSubRor ? 63 : 3));
        } else {
          ASSERT_TRUE(IsMul(in));
          EXPECT_LT(in.src, 8);
          EXPECT_TRUE(in.imm == 1 || in.imm == 9 || in.imm == 33);
        }
      }
      EXPECT_EQ(destinations.size(), 8U);
    }
  }
}

// What HashWX's page lists: a row's digit says whose destination an instruction reads.
TEST(HashwxFunction, SourcesArePermutationsOfDestinationsOf625Kinds) {
  std::mt19937_64 random(625);
  std::set<std::string> kinds;
  for (int i = 0; i < 1000; ++i) {
    const HashwxFunction function = FunctionOf(RandomSeed(random));
    for (const auto& program : function.programs) {
      std::string places;
      for (const int j : {0, 1, 2, 3, 4, 5, 6, 8}) {
        places += static_cast<char>('0' + program[j].dst);
      }
      std::string kind;
      for (const int j : {1, 2, 3, 4, 5, 6, 8}) {
        kind += static_cast<char>('0' + places.find(static_cast<char>('0' + program[j].src)));
      }
      // The first digit, which names no source, is the one that is left.
      char left = '0';
      while (kind.find(left) != std::string::npos) ++left;
      kinds.insert(left + kind);
    }
  }
  EXPECT_EQ(kinds.size(), 625U);
  for (const std::string& kind : kinds) {
    EXPECT_EQ(std::set<char>(kind.begin(), kind.end()).size(), 8U) << kind;
    for (std::size_t i = 1; i < 8; ++i) {
      EXPECT_NE(kind[i], static_cast<char>('0' + i)) << kind << ": an operand is its own source";
    }
  }
  EXPECT_EQ(*kinds.begin(), "03145672");
  EXPECT_EQ(*kinds.rbegin(), "76543102");
}

TEST(HashwxFunction, EveryOpcodeAndImmediateOccurs) {
  std::mt19937_64 random(3);
  std::array<int, 15> opcodes{};
  std::set<int> rotations;
  std::set<int> shifts;
  for (int i = 0; i < 200; ++i) {
    const HashwxFunction function = FunctionOf(RandomSeed(random));
    for (const auto& program : function.programs) {
      for (const HashwxInstruction& in : program) {
        ++opcodes[in.opcode];
        if (IsXas(in)) (in.opcode <= kHashwxSubRor ? rotations : shifts).insert(in.imm);
      }
    }
  }
  constexpr int kPrograms = 200 * 32;
  for (int opcode = kHashwxMulOr; opcode <= kHashwxMulAdd; ++opcode) {
    EXPECT_NEAR(opcodes[static_cast<std::size_t>(opcode)], kPrograms, kPrograms / 10);
  }
  for (int opcode = kHashwxXorRor; opcode <= kHashwxSubLsr; ++opcode) {
    EXPECT_NEAR(opcodes[static_cast<std::size_t>(opcode)], kPrograms * 4 / 9, kPrograms / 20);
  }
  EXPECT_EQ(rotations.size(), 63U);
  EXPECT_EQ(shifts.size(), 3U);
}

TEST(HashwxFunction, MultipliersAreThreeAndFiveModuloEight) {
  std::mt19937_64 random(8);
  const HashwxFunction function = FunctionOf(RandomSeed(random));
  for (std::uint64_t nonce = 0; nonce < 100; ++nonce) {
    std::uint64_t registers[HashwxFunction::kRegisters];
    function.Start(nonce, registers);
    EXPECT_EQ(registers[8], (registers[4] & ~std::uint64_t{7}) + 3);
    EXPECT_EQ(registers[9], (registers[7] & ~std::uint64_t{7}) + 5);
  }
}

// Cases that the algorithm's author's program computed, where they lie beside the source.
TEST(HashwxFunction, PublishedHashesHold) {
  const std::filesystem::path file = std::filesystem::path(STILE_SOURCE_DIR).parent_path() /
                                     "shared/research/vectors/hashwx/vectors.json";
  std::ifstream in(file);
  if (!in) GTEST_SKIP() << "the published cases are not here";
  std::stringstream text;
  text << in.rdbuf();
  const std::string json = text.str();
  // Rows such as {"seed":"00..","hashes":{"0":"91ab..","1":"cb4c.."}}.
  const std::string_view seed_key = "\"seed\":\"";
  int hashes = 0;
  for (std::size_t at = 0; (at = json.find(seed_key, at)) != std::string::npos;) {
    at += seed_key.size();
    Seed seed;
    const std::vector<std::uint8_t> bytes = Unhex(json.substr(at, 64));
    std::copy(bytes.begin(), bytes.end(), seed.begin());
    const HashwxFunction function = FunctionOf(seed);
    const std::size_t end = json.find('}', at);
    at = json.find('{', at);
    while ((at = json.find('"', at)) < end) {
      std::uint64_t nonce = 0;
      const char* const digits = json.data() + at + 1;
      const auto parsed = std::from_chars(digits, json.data() + json.size(), nonce);
      std::uint64_t hash = 0;
      std::from_chars(parsed.ptr + 3, parsed.ptr + 19, hash, 16);
      EXPECT_EQ(function.Hash(nonce), hash) << Hex(seed) << " " << nonce;
      ++hashes;
      at = static_cast<std::size_t>(parsed.ptr + 20 - json.data());
    }
  }
  EXPECT_EQ(hashes, 384);
}

}  // namespace
}  // namespace stile
