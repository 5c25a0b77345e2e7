#include "check.h"
#include "counter.h"

TEST(counts_up)
{
  struct counter counter = {0};
  counter_add(&counter, 2);
  counter_add(&counter, 3);
  return counter_get(&counter) == 5;
}
