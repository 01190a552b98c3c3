// What is chosen when the program is loaded may be asked for before: by the initialiser of somebody
// else's static object, which may run first.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "challenge/base64url.h"
#include "challenge/binding.h"
#include "challenge/hmac_key.h"
#include "challenge/puzzle/sha256_puzzle.h"
#include "challenge/puzzle/sha256_search.h"
#include "challenge/sha256_lanes.h"

namespace stile {
namespace {

constexpr std::size_t kMany = 20;  // More than the widest kernel takes at once.

// What everything that has several kernels gives, worked out when it is made.
struct Results {
  std::vector<Sha256State> folded = std::vector<Sha256State>(kMany, kSha256Initial);
  std::vector<Sha256Digest> nested = std::vector<Sha256Digest>(kMany);
  std::size_t lanes = Sha256LaneCount();
  Sha256Digest digest;
  bool found = false;
  std::uint64_t nonce = 0;
  std::uint64_t tried = 0;
  bool solved = false;
  std::optional<std::size_t> decoded;
  std::array<std::uint8_t, 60> bytes{};
  HmacKey::Answer answer;

  Results() {
    std::vector<Sha256Bytes> blocks(kMany);
    for (std::size_t i = 0; i < kMany; ++i) blocks[i].fill(static_cast<std::uint8_t>(i));
    Sha256CompressEach(folded, blocks);
    std::vector<Sha256Nest> nests;
    for (const Sha256Bytes& block : blocks) {
      nests.push_back({&kSha256Initial, &kSha256Initial, block.data()});
    }
    Sha256NestedEach(nests, nested);
    digest = Sha256(blocks[3]);

    const Sha256Puzzle puzzle(Tag{{1}}, TokenId{2}, 0, 300, 1);
    Sha256Job job{{}, 0, puzzle.target()};
    std::copy(puzzle.midstate().begin(), puzzle.midstate().end(), job.midstate);
    found = SearchSha256(job, 0, 100'000, &nonce, &tried);
    const std::array<std::uint64_t, 1> nonces{nonce};
    solved = puzzle.AreSolvedBy(nonces, {});

    decoded = DecodeBase64Url(std::string(80, 'f'), bytes);
    const HmacKey key(blocks[5]);
    const std::string user_agent(90, '7');
    answer = key.AuthenticateBeside(blocks[7], Tag{}, user_agent);
  }
};

// Nothing of this program is initialised earlier.
[[gnu::init_priority(101)]] const Results kEarly;

TEST(EarlyUse, GivesWhatIsGivenLater) {
  const Results later;
  EXPECT_EQ(kEarly.folded, later.folded);
  EXPECT_EQ(kEarly.nested, later.nested);
  EXPECT_EQ(kEarly.digest, later.digest);
  EXPECT_TRUE(kEarly.found);
  EXPECT_EQ(kEarly.nonce, later.nonce);
  EXPECT_EQ(kEarly.tried, later.tried);
  EXPECT_TRUE(kEarly.solved);
  EXPECT_EQ(kEarly.decoded, later.decoded);
  EXPECT_EQ(kEarly.bytes, later.bytes);
  EXPECT_EQ(kEarly.answer.user_agent_class, later.answer.user_agent_class);
  EXPECT_EQ(kEarly.answer.authentic, later.answer.authentic);
}

// Or this tests nothing.
TEST(EarlyUse, RunsBeforeTheKernelIsChosen) { EXPECT_EQ(kEarly.lanes, 1U); }

}  // namespace
}  // namespace stile
