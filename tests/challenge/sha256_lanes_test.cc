#include "challenge/sha256_lanes.h"

#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <array>
#include <bit>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "challenge/sha256_vector.h"

namespace stile {
namespace {

// Enough for two full vectors of the widest kernel and a rest of any length.
constexpr std::size_t kMost = 3 * kMaxSha256Lanes;

struct Batch {
  std::vector<Sha256State> states;
  std::vector<Sha256Bytes> blocks;
};

Batch RandomBatch(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  Batch batch{std::vector<Sha256State>(count), std::vector<Sha256Bytes>(count)};
  for (Sha256State& state : batch.states) {
    for (std::uint32_t& word : state) word = static_cast<std::uint32_t>(random());
  }
  for (Sha256Bytes& block : batch.blocks) {
    for (std::uint8_t& byte : block) byte = static_cast<std::uint8_t>(random());
  }
  return batch;
}

// The digest state of OpenSSL after one block.
Sha256State OpenSslState(const Sha256State& before, const Sha256Bytes& block) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  SHA256_CTX context;
  SHA256_Init(&context);
  for (std::size_t i = 0; i < before.size(); ++i) context.h[i] = before[i];
  SHA256_Transform(&context, block.data());
#pragma GCC diagnostic pop
  Sha256State after;
  for (std::size_t i = 0; i < after.size(); ++i) after[i] = context.h[i];
  return after;
}

class Sha256LanesTest : public testing::TestWithParam<Sha256Lanes> {
 protected:
  void SetUp() override {
    if (!IsSupported(GetParam())) GTEST_SKIP() << "this CPU has no " << Sha256LanesName(GetParam());
  }
};

TEST_P(Sha256LanesTest, EveryCountGivesWhatOpenSslGives) {
  for (std::size_t count = 0; count <= kMost; ++count) {
    Batch batch = RandomBatch(count, static_cast<std::uint32_t>(count));
    const Batch before = batch;
    Sha256CompressEachWith(GetParam(), batch.states, batch.blocks);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(batch.states[i], OpenSslState(before.states[i], before.blocks[i]))
          << i << " of " << count;
    }
  }
}

TEST_P(Sha256LanesTest, EveryCountGivesWhatThePortableVersionGives) {
  for (std::size_t count = 0; count <= kMost; ++count) {
    Batch batch = RandomBatch(count, 1000 + static_cast<std::uint32_t>(count));
    const Batch before = batch;
    Sha256CompressEachWith(GetParam(), batch.states, batch.blocks);
    for (std::size_t i = 0; i < count; ++i) {
      Sha256State expected = before.states[i];
      Sha256CompressPortable(expected, before.blocks[i].data(), 1);
      EXPECT_EQ(batch.states[i], expected) << i << " of " << count;
    }
  }
}

TEST_P(Sha256LanesTest, NothingPastTheLastStateIsWritten) {
  for (std::size_t count = 0; count <= kMost; ++count) {
    Batch batch = RandomBatch(count + 1, 2000 + static_cast<std::uint32_t>(count));
    const Sha256State last = batch.states.back();
    Sha256CompressEachWith(GetParam(), std::span(batch.states).first(count),
                           std::span(batch.blocks).first(count));
    EXPECT_EQ(batch.states.back(), last) << count;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernel, Sha256LanesTest, testing::ValuesIn(kSha256Kernels),
                         [](const testing::TestParamInfo<Sha256Lanes>& kernel) {
                           std::string name = Sha256LanesName(kernel.param);
                           std::erase(name, '-');
                           return name;
                         });

// The vector kernels' source with as many lanes as AVX-512 has, in the instructions of this build:
// what a CPU without AVX-512 can still tell about it.
template <std::size_t kLanes>
void ExpectVectorsRight() {
  if constexpr (std::endian::native == std::endian::little) {
    Batch batch = RandomBatch(kLanes, 7);
    const Batch before = batch;
    sha256_vector::Compress<kLanes>(batch.states.front().data(), batch.blocks.front().data());
    for (std::size_t i = 0; i < kLanes; ++i) {
      EXPECT_EQ(batch.states[i], OpenSslState(before.states[i], before.blocks[i])) << i;
    }
  }
}

TEST(Sha256VectorTest, SixteenLanesGiveWhatOpenSslGives) { ExpectVectorsRight<16>(); }
TEST(Sha256VectorTest, EightLanesGiveWhatOpenSslGives) { ExpectVectorsRight<8>(); }
TEST(Sha256VectorTest, FourLanesGiveWhatOpenSslGives) { ExpectVectorsRight<4>(); }

TEST(Sha256CompressEachTest, TheChosenKernelIsTheFirstThatTheCpuHas) {
  std::size_t lanes = 1;
  if (IsSupported(Sha256Lanes::kAvx2)) lanes = 8;
  if (IsSupported(Sha256Lanes::kSha)) lanes = 2;
  if (IsSupported(Sha256Lanes::kAvx512)) lanes = 16;
  EXPECT_EQ(Sha256LaneCount(), lanes);
  RecordProperty("lanes", static_cast<int>(lanes));
}

TEST(Sha256CompressEachTest, EveryCountGivesWhatOpenSslGives) {
  for (std::size_t count = 0; count <= kMost; ++count) {
    Batch batch = RandomBatch(count, 3000 + static_cast<std::uint32_t>(count));
    const Batch before = batch;
    Sha256CompressEach(batch.states, batch.blocks);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(batch.states[i], OpenSslState(before.states[i], before.blocks[i])) << i;
    }
  }
}

TEST(Sha256NestedEachTest, EveryCountGivesWhatOneByOneGives) {
  for (std::size_t count = 0; count <= kMost; ++count) {
    const Batch inner = RandomBatch(count, 4000 + static_cast<std::uint32_t>(count));
    const Batch outer = RandomBatch(count, 5000 + static_cast<std::uint32_t>(count));
    std::vector<Sha256Nest> nests;
    for (std::size_t i = 0; i < count; ++i) {
      nests.push_back({&inner.states[i], &outer.states[i], inner.blocks[i].data()});
    }
    std::vector<Sha256Digest> digests(count + 1);
    Sha256NestedEach(nests, std::span(digests).first(count));
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(digests[i],
                Sha256NestedPortable(inner.states[i], outer.states[i], inner.blocks[i].data()))
          << i << " of " << count;
    }
    EXPECT_EQ(digests[count], Sha256Digest{});
  }
}

}  // namespace
}  // namespace stile
