#include "http/budget.h"

bool budget_take(struct budget *b, size_t bytes)
{
	size_t before = atomic_fetch_add_explicit(&b->used, bytes, memory_order_relaxed);

	if (before <= b->limit && bytes <= b->limit - before)
		return true;
	budget_give(b, bytes);
	return false;
}

void budget_give(struct budget *b, size_t bytes)
{
	atomic_fetch_sub_explicit(&b->used, bytes, memory_order_relaxed);
}
