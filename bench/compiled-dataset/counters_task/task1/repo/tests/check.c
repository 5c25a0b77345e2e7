#include "check.h"
#include <stdio.h>

static const char *names[100];
static int (*runs[100])(void);
static int count;

void check_add(const char *name, int (*run)(void))
{
  names[count] = name;
  runs[count++] = run;
}

/* Prints the Test Anything Protocol. */
int main(void)
{
  int failed = 0;
  printf("TAP version 13\n1..%d\n", count);
  for (int i = 0; i < count; i++) {
    int passed = runs[i]();
    failed |= !passed;
    printf("%s %d - %s\n", passed ? "ok" : "not ok", i + 1, names[i]);
  }
  return failed;
}
