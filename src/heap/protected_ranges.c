#include "heap/protected_ranges.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* The hardware's call, apart from the ranges: it may be answered when they are gone. */
struct pending {
    struct secure_mem_call call;
    struct protected_ranges *owner; /* NULL: gone */
};

struct protected_ranges {
    struct protected_ranges_config config;
    struct protection protection;
    struct protected_ranges_stats counts; /* those of them that are counted */
    struct list queue;                    /* of requests, in order */
    struct list failed;                   /* deletes that wait for the next step */
    struct protected_request *current;    /* is being done; of the queue no more */
    bool steps;                           /* a step is being done */
    bool has_stepped;                     /* its transition is over, but for tidying */
    bool changes;                         /* it has changed something */
    bool is_tidy;                         /* the ranges are at rest: known since the last plan */
    struct protection_plan plan;          /* for what is being done */
    size_t next_call;                     /* of it */
    struct pending *pending;
    bool waits;    /* for its answer */
    bool is_zero;  /* the call under way zeroes `current` */
    int status;    /* of the last call, until it is looked at */
    bool runs;     /* run() is at work further up the stack */
    bool is_freed; /* and is to free the ranges */
};

static void run(struct protected_ranges *ranges);

/* --- calls --- */

static void on_answer(struct secure_mem_call *call, int status)
{
    struct pending *pending = container_of(call, struct pending, call);
    struct protected_ranges *ranges = pending->owner;
    if (ranges == NULL) {
        free(pending);
        return;
    }
    assert(ranges->waits);
    ranges->waits = false;
    if (ranges->is_freed) {
        return;
    }
    ranges->status = status;
    if (status < 0) {
        ranges->counts.failed_calls++;
        ranges->counts.failed_in_a_row++;
    } else {
        ranges->counts.failed_in_a_row = 0;
    }
    if (status == 0 && ranges->is_zero) {
        ranges->current->is_zeroed = true;
    } else if (status == 0) {
        protection_apply(&ranges->protection, &ranges->plan.calls[ranges->next_call++]);
        ranges->changes = true;
    }
    run(ranges);
}

static void call_zero(struct protected_ranges *ranges)
{
    struct secure_mem *hardware = ranges->config.hardware;
    ranges->waits = true;
    ranges->is_zero = true;
    hardware->ops->zero(hardware, &ranges->config.heap, ranges->current->range, true,
                        &ranges->pending->call);
}

static void call_next(struct protected_ranges *ranges)
{
    const struct protection_call *call = &ranges->plan.calls[ranges->next_call];
    struct secure_mem *hardware = ranges->config.hardware;
    const struct sysmem_heap *heap = &ranges->config.heap;
    struct secure_mem_call *pending = &ranges->pending->call;
    ranges->status = protection_reserve(&ranges->protection, call);
    if (ranges->status < 0) {
        return;
    }
    ranges->waits = true;
    ranges->is_zero = false;
    switch (call->op) {
    case PROTECTION_ADD:
    case PROTECTION_ADD_TEMPORARY:
        hardware->ops->add(hardware, heap, call->range, pending);
        break;
    case PROTECTION_DELETE:
        hardware->ops->delete (hardware, heap, call->range, pending);
        break;
    case PROTECTION_MODIFY:
        hardware->ops->modify(hardware, heap, call->range, call->after, pending);
        break;
    }
}

/* --- what is being done --- */

static void end_plan(struct protected_ranges *ranges)
{
    ranges->plan.count = 0;
    ranges->next_call = 0;
    ranges->status = 0;
}

static void finish_step(struct protected_ranges *ranges, int status)
{
    end_plan(ranges);
    ranges->steps = false;
    ranges->counts.steps += ranges->changes;
    if (ranges->changes || status < 0) {
        ranges->config.changed(ranges->config.arg);
    }
}

static void finish_request(struct protected_ranges *ranges, int status)
{
    struct protected_request *request = ranges->current;
    end_plan(ranges);
    ranges->current = NULL;
    if (request->is_delete && status < 0) {
        list_append(&ranges->failed, &request->link);
        ranges->config.changed(ranges->config.arg);
        return;
    }
    if (request->is_delete) {
        range_set_remove(&ranges->protection.required, request->range);
    } else if (status == 0) {
        range_set_add(&ranges->protection.required, request->range);
    }
    ranges->config.changed(ranges->config.arg);
    request->done(request, status);
}

static void finish(struct protected_ranges *ranges, int status)
{
    if (ranges->steps) {
        finish_step(ranges, status);
    } else {
        finish_request(ranges, status);
    }
}

/* Plans what comes next for the step or the request at hand. False: it is done. */
static bool plan_more(struct protected_ranges *ranges)
{
    struct protection_plan *plan = &ranges->plan;
    end_plan(ranges);
    if (!ranges->is_tidy) {
        protection_plan_tidy(&ranges->protection, plan);
        ranges->is_tidy = plan->count == 0;
    }
    if (ranges->is_tidy && ranges->steps && !ranges->has_stepped) {
        protection_plan_step(&ranges->protection, plan);
        ranges->has_stepped = true;
        ranges->is_tidy = plan->count == 0;
    } else if (ranges->is_tidy && !ranges->steps && !ranges->current->is_delete) {
        protection_plan_cover(&ranges->protection, ranges->current->range, plan);
        ranges->is_tidy = plan->count == 0;
    }
    return plan->count > 0;
}

static bool is_to_be_zeroed(const struct protected_ranges *ranges)
{
    const struct protected_request *request = ranges->current;
    return request != NULL && !request->is_zeroed && ranges->config.properties.dynamic;
}

static void start(struct protected_ranges *ranges, struct protected_request *request)
{
    ranges->current = request;
    request->is_zeroed = !request->is_delete && request->keeps_content;
    if (!request->is_delete) {
        ranges->status = range_set_reserve(&ranges->protection.required);
    }
}

/* Does what can be done now. False: nothing can. */
static bool advance(struct protected_ranges *ranges)
{
    if (ranges->waits) {
        return false;
    }
    if (ranges->current == NULL && !ranges->steps) {
        if (list_is_empty(&ranges->queue)) {
            return false;
        }
        struct list *link = ranges->queue.next;
        list_remove(link);
        start(ranges, container_of(link, struct protected_request, link));
    }
    if (ranges->status < 0) {
        finish(ranges, ranges->status);
    } else if (ranges->next_call < ranges->plan.count || plan_more(ranges)) {
        call_next(ranges);
    } else if (is_to_be_zeroed(ranges)) {
        call_zero(ranges);
    } else {
        finish(ranges, 0);
    }
    return true;
}

static void destroy(struct protected_ranges *ranges)
{
    if (ranges->waits) {
        ranges->pending->owner = NULL;
    } else {
        free(ranges->pending);
    }
    protection_deinit(&ranges->protection);
    free(ranges);
}

/* Never within itself: answers that come at once do not pile up on the stack. */
static void run(struct protected_ranges *ranges)
{
    if (ranges->runs) {
        return;
    }
    ranges->runs = true;
    while (!ranges->is_freed && advance(ranges)) {
    }
    ranges->runs = false;
    if (ranges->is_freed) {
        destroy(ranges);
    }
}

/* --- the outside --- */

static void enqueue(struct protected_ranges *ranges, struct protected_request *request,
                    bool is_delete)
{
    const struct protection *protection = &ranges->protection;
    assert(range_contains(protection->whole, request->range) &&
           request->range.start % protection->hardware.granularity == 0 &&
           request->range.end % protection->hardware.granularity == 0);
    (void)protection;
    if (ranges->is_freed) {
        request->done(request, -EPIPE);
        return;
    }
    request->is_delete = is_delete;
    list_append(&ranges->queue, &request->link);
    run(ranges);
}

void protected_ranges_add(struct protected_ranges *ranges, struct protected_request *request)
{
    enqueue(ranges, request, false);
}

void protected_ranges_delete(struct protected_ranges *ranges, struct protected_request *request)
{
    assert(range_set_has(&ranges->protection.required, request->range));
    enqueue(ranges, request, true);
}

bool protected_ranges_step(struct protected_ranges *ranges)
{
    if (ranges->current != NULL || ranges->steps || !list_is_empty(&ranges->queue)) {
        return true;
    }
    bool has_failed = !list_is_empty(&ranges->failed);
    list_move_all(&ranges->queue, &ranges->failed);
    if (!has_failed) {
        struct protection_plan plan;
        protection_plan_tidy(&ranges->protection, &plan);
        if (plan.count == 0) {
            protection_plan_step(&ranges->protection, &plan);
        }
        if (plan.count == 0) {
            return false;
        }
        ranges->steps = true;
        ranges->has_stepped = false;
        ranges->changes = false;
    }
    run(ranges);
    return true;
}

int protected_ranges_new(const struct protected_ranges_config *config,
                         struct protected_ranges **ret)
{
    struct protected_ranges *ranges = calloc(1, sizeof(*ranges));
    struct pending *pending = calloc(1, sizeof(*pending));
    if (ranges == NULL || pending == NULL) {
        free(ranges);
        free(pending);
        return -ENOMEM;
    }
    ranges->config = *config;
    ranges->pending = pending;
    ranges->is_tidy = true;
    pending->owner = ranges;
    pending->call.done = on_answer;
    protection_init(&ranges->protection, config->whole, &config->properties);
    list_init(&ranges->queue);
    list_init(&ranges->failed);
    *ret = ranges;
    return 0;
}

void protected_ranges_free(struct protected_ranges *ranges)
{
    if (ranges == NULL) {
        return;
    }
    bool runs = ranges->runs;
    struct list unanswered;
    list_init(&unanswered);
    if (ranges->current != NULL) {
        list_append(&unanswered, &ranges->current->link);
        ranges->current = NULL;
    }
    list_move_all(&unanswered, &ranges->failed);
    list_move_all(&unanswered, &ranges->queue);
    ranges->is_freed = true;
    while (!list_is_empty(&unanswered)) {
        struct protected_request *request =
            container_of(unanswered.next, struct protected_request, link);
        list_remove(&request->link);
        request->done(request, -EPIPE);
    }
    if (!runs) {
        destroy(ranges);
    }
}

/* --- what it looks like --- */

void protected_ranges_stats(const struct protected_ranges *ranges,
                            struct protected_ranges_stats *ret)
{
    const struct protection *protection = &ranges->protection;
    *ret = ranges->counts;
    ret->ranges = protection->ranges.count;
    ret->limit = protection->limit;
    ret->total_bytes = range_size(protection->whole);
    ret->requested_bytes = range_set_bytes(&protection->required);
    ret->protected_bytes = range_set_bytes(&protection->ranges);
}

const struct protection *protected_ranges_state(const struct protected_ranges *ranges)
{
    return &ranges->protection;
}

uint32_t protected_ranges_efficiency(const struct protected_ranges_stats *stats)
{
    uint64_t unused = stats->total_bytes - stats->requested_bytes;
    uint64_t open = stats->total_bytes - stats->protected_bytes;
    return unused == 0 ? 1000 : (uint32_t)((double)open * 1000.0 / (double)unused);
}
