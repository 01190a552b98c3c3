#ifndef STILE_TESTS_VERIFIER_TABLES_CHILD_PROCESS_H_
#define STILE_TESTS_VERIFIER_TABLES_CHILD_PROCESS_H_

#include <sys/types.h>

#include <functional>

namespace stile {

// Another process, which runs `body` and exits with what it returns. Killed when this object ends.
class ChildProcess {
 public:
  explicit ChildProcess(const std::function<int()>& body);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void Kill();               // SIGKILL.
  [[nodiscard]] int Wait();  // Its exit status, or 1000 and the signal that ended it.

 private:
  pid_t pid_;
  int status_ = -1;
};

}  // namespace stile

#endif  // STILE_TESTS_VERIFIER_TABLES_CHILD_PROCESS_H_
