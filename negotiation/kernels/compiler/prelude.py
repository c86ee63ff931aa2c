"""What every program in LLVM's language needs: room that is given back, and Python's division.

A heap is two words: the newest block of memory, and 1 once there was none to be had. Then `take`
yields null, and every function that may have asked for memory returns at once, up to ``run``.
"""

from __future__ import annotations

__all__ = ["PRELUDE"]

PRELUDE = """
declare noalias ptr @malloc(i64)
declare void @free(ptr)
declare double @hypot(double, double)
declare double @atan2(double, double)
declare double @llvm.sqrt.f64(double)
declare double @llvm.ceil.f64(double)
declare double @llvm.floor.f64(double)
declare double @llvm.rint.f64(double)
declare double @llvm.log.f64(double)
declare double @llvm.exp.f64(double)
declare double @llvm.cos.f64(double)
declare double @llvm.sin.f64(double)
declare double @llvm.fabs.f64(double)
declare double @llvm.pow.f64(double, double)
declare i64 @llvm.abs.i64(i64, i1)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare { i64, i1 } @llvm.smul.with.overflow.i64(i64, i64)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

define internal i64 @product(i64 %a, i64 %b) alwaysinline nounwind {
  %both = call { i64, i1 } @llvm.smul.with.overflow.i64(i64 %a, i64 %b)
  %value = extractvalue { i64, i1 } %both, 0
  %over = extractvalue { i64, i1 } %both, 1
  %signs = or i64 %a, %b
  %below = icmp slt i64 %signs, 0
  %wrong = or i1 %over, %below
  %out = select i1 %wrong, i64 -1, i64 %value
  ret i64 %out
}

define internal ptr @take(ptr %heap, i64 %items) nounwind {
begin:
  %bytes = call i64 @product(i64 %items, i64 8)
  %low = icmp slt i64 %bytes, 0
  %high = icmp sgt i64 %bytes, 4611686018427387904
  %wrong = or i1 %low, %high
  br i1 %wrong, label %none, label %ask
ask:
  %all = add i64 %bytes, 16
  %block = call ptr @malloc(i64 %all)
  %missing = icmp eq ptr %block, null
  br i1 %missing, label %none, label %held
none:
  %flag = getelementptr inbounds i64, ptr %heap, i64 1
  store i64 1, ptr %flag
  ret ptr null
held:
  %before = load ptr, ptr %heap
  store ptr %before, ptr %block
  store ptr %block, ptr %heap
  %room = getelementptr inbounds i8, ptr %block, i64 16
  ret ptr %room
}

define internal void @release(ptr %heap, ptr %mark) nounwind {
begin:
  %first = load ptr, ptr %heap
  store ptr %mark, ptr %heap
  br label %test
test:
  %block = phi ptr [ %first, %begin ], [ %before, %more ]
  %done = icmp eq ptr %block, %mark
  br i1 %done, label %end, label %more
more:
  %before = load ptr, ptr %block
  call void @free(ptr %block)
  br label %test
end:
  ret void
}

define internal void @fill(ptr %items, i64 %count, i64 %bits) nounwind {
begin:
  br label %test
test:
  %k = phi i64 [ 0, %begin ], [ %next, %more ]
  %some = icmp slt i64 %k, %count
  br i1 %some, label %more, label %end
more:
  %item = getelementptr inbounds i64, ptr %items, i64 %k
  store i64 %bits, ptr %item
  %next = add nsw i64 %k, 1
  br label %test
end:
  ret void
}

define internal i64 @quotient(i64 %a, i64 %b) alwaysinline nounwind {
  %none = icmp eq i64 %b, 0
  %by = select i1 %none, i64 1, i64 %b
  %q = sdiv i64 %a, %by
  %r = srem i64 %a, %by
  %signs = xor i64 %r, %by
  %unlike = icmp slt i64 %signs, 0
  %some = icmp ne i64 %r, 0
  %down = and i1 %unlike, %some
  %one = zext i1 %down to i64
  %floor = sub i64 %q, %one
  %out = select i1 %none, i64 0, i64 %floor
  ret i64 %out
}

define internal i64 @remainder(i64 %a, i64 %b) alwaysinline nounwind {
  %none = icmp eq i64 %b, 0
  %by = select i1 %none, i64 1, i64 %b
  %r = srem i64 %a, %by
  %signs = xor i64 %r, %by
  %unlike = icmp slt i64 %signs, 0
  %some = icmp ne i64 %r, 0
  %down = and i1 %unlike, %some
  %more = select i1 %down, i64 %by, i64 0
  %up = add i64 %r, %more
  %out = select i1 %none, i64 0, i64 %up
  ret i64 %out
}
"""
