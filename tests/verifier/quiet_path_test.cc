// A request is decided without a system call and without a lock.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <iterator>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/verifier/site_fixture.h"
#include "verifier/gate.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STILE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define STILE_SANITIZED 1
#endif
#endif

namespace {

thread_local long locks = 0;

template <typename Lock>
int CountAndCall(const char* name, Lock* lock) {
  ++locks;
  return reinterpret_cast<int (*)(Lock*)>(dlsym(RTLD_NEXT, name))(lock);
}

}  // namespace

// A sanitizer has these of its own.
#if !defined(STILE_SANITIZED)
extern "C" {
int pthread_mutex_lock(pthread_mutex_t* lock) noexcept {
  return CountAndCall("pthread_mutex_lock", lock);
}
int pthread_mutex_trylock(pthread_mutex_t* lock) noexcept {
  return CountAndCall("pthread_mutex_trylock", lock);
}
int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  return CountAndCall("pthread_rwlock_rdlock", lock);
}
int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  return CountAndCall("pthread_rwlock_wrlock", lock);
}
int pthread_spin_lock(pthread_spinlock_t* lock) noexcept {
  return CountAndCall("pthread_spin_lock", lock);
}
}
#endif

namespace stile {
namespace {

using fixture::Earned;
using fixture::FlipTag;
using fixture::Get;
using fixture::kCookieName;
using fixture::Keys;
using fixture::kNow;
using fixture::kNowSeconds;
using fixture::Seal;

struct Case {
  std::vector<std::string> fields;
  Verdict verdict;
};

std::vector<Case> Cases() {
  const std::string other = "a=1; " + std::string(200, 'b') + "=2; ";
  const std::string name = std::string(kCookieName) + "=";
  const std::string valid = Seal(Earned());
  Clearance expired = Earned();
  expired.expires_at = kNowSeconds - 1;
  Clearance elsewhere = Earned();
  elsewhere.binding.prefix ^= std::uint64_t{1} << 63;
  return {{{other + name + valid}, Verdict::kValid},
          {{other + name + valid + "; c=3"}, Verdict::kValid},
          {{other, name + FlipTag(valid) + "." + valid}, Verdict::kValid},
          {{other + name + FlipTag(valid)}, Verdict::kForged},
          {{other + name + Seal(expired)}, Verdict::kExpired},
          {{other + name + Seal(elsewhere)}, Verdict::kWrongClient},
          {{other + name + std::string(92, '!')}, Verdict::kMalformed},
          {{other + name + "x"}, Verdict::kMalformed},
          {{other}, Verdict::kAbsent},
          {{}, Verdict::kAbsent}};
}

bool DecidesAll(const Gate& gate, const std::vector<Case>& cases, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    for (const Case& one : cases) {
      const Verdict verdict = gate.Decide(Get("/page?q=1", one.fields), kNow).verdict;
      if (verdict != one.verdict && verdict != Verdict::kLimited) return false;
    }
  }
  return true;
}

Gate MinimalGate() {
  return {ClearanceCheck(Keys(), std::string(kCookieName)), Policy::Minimal(), GateMode::kEnforce,
          nullptr, *Budgets::Create({})};
}

constexpr int kRight = 0;
constexpr int kWrong = 1;
constexpr int kNoFilter = 77;

// From here on every system call but the one that ends this thread ends it at once, by SIGSYS.
bool AllowNothingButToEnd() {
  sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD),
  };
  const sock_fprog program{std::size(steps), steps};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// Returns how a child process ends that may make no system call while it does `work`.
template <typename Work>
int StatusWithoutSystemCalls(const Work& work) {
  const pid_t child = fork();
  if (child == 0) {
    const int code = !AllowNothingButToEnd() ? kNoFilter : work() ? kRight : kWrong;
    syscall(SYS_exit, code);
  }
  int status = -1;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

TEST(QuietPathTest, ASystemCallWouldBeSeen) {
  const int status = StatusWithoutSystemCalls([] { return syscall(SYS_getppid) > 0; });
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNoFilter) GTEST_SKIP() << "no seccomp here";
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
  EXPECT_EQ(WTERMSIG(status), SIGSYS);
}

TEST(QuietPathTest, DecidingMakesNoSystemCall) {
  const Gate gate = MinimalGate();
  const std::vector<Case> cases = Cases();
  ASSERT_TRUE(DecidesAll(gate, cases, 1));
  const int status = StatusWithoutSystemCalls([&] { return DecidesAll(gate, cases, 2000); });
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNoFilter) GTEST_SKIP() << "no seccomp here";
  ASSERT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), kRight);
}

#if !defined(STILE_SANITIZED)
TEST(QuietPathTest, ALockWouldBeSeen) {
  std::mutex mutex;
  const long before = locks;
  { const std::lock_guard<std::mutex> held(mutex); }
  EXPECT_EQ(locks - before, 1);
}

TEST(QuietPathTest, DecidingTakesNoLock) {
  const Gate gate = MinimalGate();
  const std::vector<Case> cases = Cases();
  const long before = locks;
  const bool right = DecidesAll(gate, cases, 100);
  EXPECT_EQ(locks - before, 0);
  EXPECT_TRUE(right);
}
#endif

}  // namespace
}  // namespace stile
