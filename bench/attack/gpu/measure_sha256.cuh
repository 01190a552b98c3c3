#ifndef STILE_BENCH_ATTACK_GPU_MEASURE_SHA256_CUH_
#define STILE_BENCH_ATTACK_GPU_MEASURE_SHA256_CUH_

#include "bench/attack/gpu/measure.cuh"
#include "bench/attack/gpu/sha256_kernel.cuh"

namespace stile::gpu {

// The plain compression of the second block. Returns the digest's first word.
inline uint32_t Sha256FirstWord(const uint32_t midstate[8], uint32_t part, uint64_t nonce) {
  uint32_t w[64] = {part, static_cast<uint32_t>(nonce >> 32), static_cast<uint32_t>(nonce),
                    kOneBit};
  w[15] = kMessageBits;
  for (int i = 16; i < 64; ++i) {
    w[i] = SmallSigma1(w[i - 2]) + w[i - 7] + SmallSigma0(w[i - 15]) + w[i - 16];
  }
  uint32_t s[8];
  for (int i = 0; i < 8; ++i) s[i] = midstate[i];
  for (int i = 0; i < 64; ++i) {
    const uint32_t t1 = s[7] + BigSigma1(s[4]) + Choose(s[4], s[5], s[6]) + kSha256Rounds[i] + w[i];
    const uint32_t t2 = BigSigma0(s[0]) + Majority(s[0], s[1], s[2]);
    for (int j = 7; j > 0; --j) s[j] = s[j - 1];
    s[4] += t1;
    s[0] = t1 + t2;
  }
  return midstate[0] + s[0];
}

class Sha256Measurement {
 public:
  void Run() {
    Verify();
    Measure();
  }

 private:
  static constexpr int kBlock = 256;
  static constexpr uint32_t kPart = 3;

  void Prepare(uint32_t nonce_high, uint64_t target) {
    Sha256Fixed fixed;
    PrepareSha256(midstate_, kPart, nonce_high, target, fixed);
    Check(cudaMemcpyToSymbol(g_fixed, &fixed, sizeof fixed), "fixed");
    hits_.Clear();
  }

  // All nonces of a range, as the CPU finds them.
  void Verify() {
    constexpr uint32_t kRounds = 64;
    constexpr uint32_t kGrid = 64;
    constexpr uint64_t kTarget = ~0ull >> 12;
    constexpr uint32_t kHigh = 0x12345;
    Prepare(kHigh, kTarget);
    SearchSha256<<<kGrid, kBlock>>>(0xFFFF0000, kRounds, hits_.data());
    Check(cudaDeviceSynchronize(), "sha256 verification");
    std::vector<Hit> hits = hits_.Get();
    std::sort(hits.begin(), hits.end(),
              [](const Hit& a, const Hit& b) { return a.nonce < b.nonce; });
    std::vector<uint64_t> expected;
    for (uint64_t i = 0; i < uint64_t{kRounds} * kGrid * kBlock; ++i) {
      const uint32_t low = static_cast<uint32_t>(0xFFFF0000 + i);
      if (Sha256FirstWord(midstate_, kPart, uint64_t{kHigh} << 32 | low) <= kTarget >> 32) {
        expected.push_back(low);
      }
    }
    std::sort(expected.begin(), expected.end());
    bool same = hits.size() == expected.size();
    for (size_t i = 0; same && i < hits.size(); ++i) same = hits[i].nonce == expected[i];
    if (!same) Fail("sha256: the GPU's hits aren't the CPU's");
    fprintf(stderr, "sha256: %zu hits of the GPU are those of the CPU\n", hits.size());
  }

  void Measure() {
    constexpr uint64_t kTarget = ~0ull >> 26;
    const int grid = Multiprocessors() * 8;
    const uint32_t rounds = 12288;  // Fewer nonces than have the same high half.
    const double tried = 1.0 * rounds * grid * kBlock;
    Rates rates;
    for (uint32_t repeat = 0; repeat < 8; ++repeat) {
      Prepare(repeat, kTarget);
      const double seconds =
          stopwatch_.Time([&] { SearchSha256<<<grid, kBlock>>>(0, rounds, hits_.data()); });
      for (const Hit& hit : hits_.Get()) {
        if (Sha256FirstWord(midstate_, kPart, uint64_t{repeat} << 32 | hit.nonce) != hit.value) {
          Fail("sha256: a hit that isn't one");
        }
        ++rates.hits;
      }
      rates.hits_expected += tried * 0x1p-26;
      if (repeat != 0) rates.mega_per_second.push_back(tried / seconds / 1e6);
    }
    PrintRates("\"puzzle\": \"sha256\", \"kernel\": \"search\", \"block\": " +
                   std::to_string(kBlock) + ", \"grid\": " + std::to_string(grid) +
                   ", \"nonces_per_launch\": " + std::to_string(static_cast<uint64_t>(tried)),
               rates);
  }

  const uint32_t midstate_[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
  HitList hits_;
  Stopwatch stopwatch_;
};

}  // namespace stile::gpu

#endif  // STILE_BENCH_ATTACK_GPU_MEASURE_SHA256_CUH_
