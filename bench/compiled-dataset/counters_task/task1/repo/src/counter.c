#include "counter.h"
#include "tables.inc"

void counter_add(struct counter *counter, int amount)
{
  counter->value += amount;
}

int counter_get(const struct counter *counter)
{
  return counter->value;
}
