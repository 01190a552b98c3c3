// tests/vectors/framing.txt on the reader itself.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "service/chunked_body.h"
#include "service/request_head.h"
#include "tests/framing/framing_case.h"
#include "tests/framing/stream_judgement.h"

namespace stile {
namespace {

std::vector<FramingCase> Cases() {
  return ReadFramingCases(STILE_SOURCE_DIR "/tests/vectors/framing.txt");
}

std::string NameOf(const testing::TestParamInfo<FramingCase>& tested) {
  std::string name = tested.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// As the table writes it; its (8192) stands for any target of that size.
std::string LineOf(const JudgedRequest& request) {
  std::string line = request.method;
  line.append(" ");
  if (request.target.size() < 1000) {
    line.append(request.target);
  } else {
    line.append("(").append(std::to_string(request.target.size())).append(")");
  }
  line.append(" ").append(request.framing);
  if (!request.content.empty()) line.append(" ").append(request.content);
  return line;
}

class FramingTableTest : public testing::TestWithParam<FramingCase> {};

TEST_P(FramingTableTest, IsReadInOneWay) {
  const FramingCase& stream = GetParam();
  std::vector<std::string> expected = stream.requests;
  std::string bytes = stream.bytes;
  if (stream.end != "waits") bytes += kLastRequest;
  std::string end = stream.end;
  if (stream.end == "open") {
    expected.emplace_back("GET /open/end none");
    end = "close";
  }

  const StreamJudgement judgement = JudgeStream(bytes, HeadLimits{});
  std::vector<std::string> read;
  for (const JudgedRequest& request : judgement.requests) read.push_back(LineOf(request));
  EXPECT_EQ(read, expected);
  EXPECT_EQ(judgement.end, end);
}

INSTANTIATE_TEST_SUITE_P(Streams, FramingTableTest, testing::ValuesIn(Cases()), NameOf);

TEST(FramingTableFileTest, HasAStreamForEveryReasonToRefuse) {
  std::set<std::string> seen;
  for (const FramingCase& stream : Cases()) seen.insert(stream.end);
  for (std::size_t i = 1; i < kHeadReasonCount; ++i) {
    const auto reason = static_cast<HeadReason>(i);
    EXPECT_TRUE(seen.contains("refused " + std::to_string(HttpStatusOf(StatusOf(reason))) +
                              " head " + std::string(HeadReasonName(reason))))
        << HeadReasonName(reason);
  }
  for (std::size_t i = 1; i < kChunkedReasonCount; ++i) {
    const std::string name(ChunkedReasonName(static_cast<ChunkedReason>(i)));
    EXPECT_TRUE(seen.contains("refused 400 body " + name) ||
                seen.contains("refused 413 body " + name))
        << name;
  }
}

TEST(FramingTableFileTest, NamesAreDistinct) {
  std::set<std::string> names;
  for (const FramingCase& stream : Cases()) {
    EXPECT_TRUE(names.insert(stream.name).second) << stream.name;
  }
}

}  // namespace
}  // namespace stile
