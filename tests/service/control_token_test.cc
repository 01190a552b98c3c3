#include "service/control_token.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

const std::string kToken = "0123456789abcdef0123456789abcdef";

class ControlTokenTest : public testing::Test {
 protected:
  absl::StatusOr<ControlToken> Load(const std::string& text, mode_t mode = 0600) {
    folder_.Write("token", text);
    EXPECT_EQ(::chmod(folder_.Path("token").c_str(), mode), 0);
    return ControlToken::Load(folder_.Path("token"));
  }
  ScratchFolder folder_;
};

TEST_F(ControlTokenTest, IsShownByBearerAndNothingElse) {
  const auto token = Load(kToken + "\n");
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_TRUE(token->IsShownBy("Bearer " + kToken));
  EXPECT_TRUE(token->IsShownBy("bearer " + kToken));
  for (const std::string& shown :
       {std::string(), std::string("Bearer "), kToken, "Basic " + kToken, "Bearer " + kToken + "0",
        "Bearer " + kToken.substr(1), "Bearer  " + kToken, "Bearer " + std::string(2'000, '0')}) {
    EXPECT_FALSE(token->IsShownBy(shown)) << shown;
  }
}

TEST_F(ControlTokenTest, FileOfOthersIsRefused) {
  for (const mode_t mode : {0640, 0604, 0660}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(Load(kToken, mode).status())) << mode;
  }
}

TEST_F(ControlTokenTest, ShortLongAndUnprintableTokensAreRefused) {
  for (const std::string& text : {std::string(), std::string("\n") + kToken, kToken.substr(1),
                                  std::string(1'025, 'a'), kToken + " b", kToken + "\x80"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Load(text).status())) << text;
  }
}

TEST_F(ControlTokenTest, NoFileIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(ControlToken::Load(folder_.Path("none")).status()));
}

}  // namespace
}  // namespace stile
