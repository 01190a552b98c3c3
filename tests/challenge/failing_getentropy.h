#ifndef STILE_TESTS_CHALLENGE_FAILING_GETENTROPY_H_
#define STILE_TESTS_CHALLENGE_FAILING_GETENTROPY_H_

namespace stile {

// While one lives, the system gives this program no randomness. The program replaces getentropy.
class FailingGetentropy {
 public:
  FailingGetentropy();
  ~FailingGetentropy();
};

// How often this program has asked the system for randomness.
[[nodiscard]] int GetentropyCalls();

}  // namespace stile

#endif  // STILE_TESTS_CHALLENGE_FAILING_GETENTROPY_H_
