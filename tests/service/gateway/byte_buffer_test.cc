#include "service/byte_buffer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stile {
namespace {

TEST(ByteBufferTest, GivesBackWhatWasAppendedInOrder) {
  ByteBuffer buffer;
  buffer.Append("hello ");
  buffer.Append("");
  buffer.Append("world");
  EXPECT_EQ(buffer.view(), "hello world");
  buffer.Consume(6);
  EXPECT_EQ(buffer.view(), "world");
  buffer.Append("!");
  EXPECT_EQ(buffer.view(), "world!");
  buffer.Truncate(2);
  EXPECT_EQ(buffer.view(), "wo");
}

TEST(ByteBufferTest, KeepsItsBytesWhenItGrows) {
  ByteBuffer buffer;
  std::string all;
  for (int i = 0; i < 5000; ++i) {
    const std::string piece = std::to_string(i) + ",";
    buffer.Append(piece);
    all += piece;
    if (i % 3 == 0) {
      buffer.Consume(2);
      all.erase(0, 2);
    }
  }
  EXPECT_EQ(buffer.view(), all);
}

TEST(ByteBufferTest, UsesTheRoomOfWhatWasConsumedBeforeItGrows) {
  ByteBuffer buffer;
  buffer.Append(std::string(1000, 'a'));
  const std::size_t capacity = buffer.capacity();
  for (int i = 0; i < 100; ++i) {
    buffer.Consume(900);
    buffer.Append(std::string(900, 'b'));
  }
  EXPECT_EQ(buffer.capacity(), capacity);
}

TEST(ByteBufferTest, RewindBringsBackWhatWasConsumedSinceTheLastAppend) {
  ByteBuffer buffer;
  buffer.Append("request");
  buffer.Consume(7);
  EXPECT_TRUE(buffer.empty());
  buffer.Rewind();
  EXPECT_EQ(buffer.view(), "request");
}

TEST(ByteBufferTest, ReleasesOnlyWhatIsEmptyAndLarge) {
  ByteBuffer buffer;
  buffer.Append(std::string(5000, 'a'));
  buffer.Release(0);
  EXPECT_EQ(buffer.size(), 5000U);
  buffer.Consume(5000);
  buffer.Release(8192);
  EXPECT_GE(buffer.capacity(), 5000U);
  buffer.Release(4096);
  EXPECT_EQ(buffer.capacity(), 0U);
  buffer.Append("again");
  EXPECT_EQ(buffer.view(), "again");
}

TEST(ByteBufferTest, HandsItsBlockToTheNextThatNeedsOne) {
  if (!BlockStock::Keeps()) GTEST_SKIP() << "every block is freed";
  ByteBuffer first;
  first.Append("of the first");
  const char* const block = first.data();
  first.Consume(first.size());
  const std::size_t before = BlockStock::Mine().size();
  first.Release(0);
  EXPECT_EQ(BlockStock::Mine().size(), before + 1);
  ByteBuffer second;
  second.Append("of the second");
  EXPECT_EQ(second.data(), block);
  EXPECT_EQ(BlockStock::Mine().size(), before);
  first.Append("elsewhere");
  EXPECT_NE(first.data(), block);
  EXPECT_EQ(second.view(), "of the second");
}

TEST(ByteBufferTest, LeavesTheThreadNoMoreThanItKeeps) {
  if (!BlockStock::Keeps()) GTEST_SKIP() << "every block is freed";
  std::vector<ByteBuffer> buffers(2 * BlockStock::kMost);
  for (ByteBuffer& buffer : buffers) buffer.Append("x");
  for (ByteBuffer& buffer : buffers) {
    buffer.Consume(1);
    buffer.Release(0);
  }
  EXPECT_EQ(BlockStock::Mine().size(), BlockStock::kMost);
}

TEST(ByteBufferTest, GivesBackOnlyBlocksOfTheOneSize) {
  ByteBuffer large;
  large.Append(std::string(BlockStock::kBlock + 1, 'a'));
  large.Consume(large.size());
  const std::size_t before = BlockStock::Mine().size();
  large.Release(0);
  EXPECT_EQ(BlockStock::Mine().size(), before);
  ByteBuffer small;
  small.Append("b");
  EXPECT_EQ(small.capacity(), BlockStock::kBlock);
}

}  // namespace
}  // namespace stile
