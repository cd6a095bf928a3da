"""Rotating a tenant's keys: new versions, everything protected anew in the background, then the old ones retired.

Every step is saved, may be done twice, and is gone on with by another process where one was killed. Old versions are
retired only when nothing older is stored, the relay has told so (see `Marks`), and `settles` has gone by since, in
which the others' views follow and what was under way with old ciphertexts arrives; then it is looked through once more.
A process that has just started waits as long: what arrived while nobody was there has to be taken in first.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from chassis.errors import Unavailable
from chassis.keys import KeysRefusal
from contracts.keys import ProtectedSecret, TenantKeysRotated
from tenant_registry import words
from tenant_registry.mongo.ciphertexts import COLLECTIONS, Kept, key_version
from tenant_registry.mongo.tasks import LEASE, TaskLost
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow
from tenant_registry.tasks import RotationRow

log = structlog.get_logger()
AT_ONCE = 50
"""Documents whose ciphertexts go to key-vault in one question."""
SETTLES = timedelta(minutes=5)
"""Longer than any question to key-vault is answered (two minutes), and than views need; `BRIDGE_ROTATION_SETTLES`."""
LOOK_AGAIN = timedelta(seconds=1)
TRY_AGAIN = timedelta(seconds=10)
MARKS = 2
UNREADABLE = "bad_request"
"""Key-vault's word for a ciphertext that does not open."""


class RotatingKeys(Protocol):
    """The part of key-vault that this needs; each raises Unavailable and KeysRefusal."""

    async def rotate(self, tenant_id: str, *, signing: bool = False) -> TenantKeysRotated: ...

    async def rewrap(self, tenant_id: str, secrets: Sequence[ProtectedSecret]) -> tuple[str, ...]: ...

    async def retire_old(self, tenant_id: str, data_key_version: int) -> TenantKeysRotated: ...


class Rotator:
    """Carries on with the rotations that are due."""

    def __init__(
        self, registry: Registry, keys: RotatingKeys, now: Callable[[], datetime], settles: timedelta = SETTLES
    ) -> None:
        self._registry = registry
        self._keys = keys
        self._now = now
        self._settles = settles
        self._began = now()

    async def step(self) -> bool:
        """Carry on with the rotation that is due longest; False where none is. Raises Unavailable."""
        task = await self._registry.rotations.claim(self._now())
        if task is None:
            return False
        try:
            await self._carry_on(task)
        except TaskLost:
            log.info("rotation_taken_over", tenant_id=task.id)
        return True

    async def _carry_on(self, task: RotationRow) -> None:
        try:
            if task.state == "waiting":
                task = await self._begin(task)
            if task.state == "rewrapping":
                task = await self._rewrap(task)
            if task.state == "settling":
                await self._settle(task)
        except KeysRefusal as refusal:
            log.warning("rotation_refused", tenant_id=task.id, code=refusal.code)
            await self._end(task, "failed", words.rotation_refused(refusal.code))
        except Unavailable:
            waits = {"due_at": self._now() + TRY_AGAIN, "problem": words.ROTATION_WAITS}
            await self._registry.rotations.save(task, **waits)
            raise

    async def _begin(self, task: RotationRow) -> RotationRow:
        """Have new versions made; a kill before this is saved makes one version more, which does no harm."""
        made = await self._keys.rotate(task.id, signing=task.signing)
        other = made.signing_key_version != (task.signing_key_version or made.signing_key_version)
        log.info("rotation_began", tenant_id=task.id, data_key_version=made.data_key_version)
        return await self._registry.rotations.save(
            task,
            state="rewrapping",
            data_key_version=made.data_key_version,
            signing_key_version=made.signing_key_version,
            new_signing_key=task.signing or other,
            started_at=self._now(),
            of=await self._registry.ciphertexts.count(task.id),
            done=0,
            **self._anew(),
        )

    async def _rewrap(self, task: RotationRow) -> RotationRow:
        """Go through everything, again and again until nothing older is found."""
        while True:
            page = await self._registry.ciphertexts.page(task.collection, task.id, task.place, AT_ONCE)
            if page:
                task = await self._pass(task, page)
            elif following := COLLECTIONS[COLLECTIONS.index(task.collection) + 1 :]:
                task = await self._registry.rotations.save(task, collection=following[0], place="")
            elif not task.clean:
                task = await self._registry.rotations.save(task, **self._anew())
            else:
                return await self._registry.rotations.save(task, state="settling", mark=None, marks_told=0)

    async def _pass(self, task: RotationRow, page: list[Kept]) -> RotationRow:
        renewed, unreadable = await self._protect_anew(task, [one for one in page if one.older(_version(task))])
        return await self._registry.rotations.save(
            task,
            place=page[-1].id,
            done=min(task.of, task.done + len(page)),
            clean=task.clean and not renewed,
            unreadable=task.unreadable + unreadable,
            due_at=self._now() + LEASE,
            problem=None,
        )

    async def _protect_anew(self, task: RotationRow, older: list[Kept]) -> tuple[int, int]:
        """Give how many documents were renewed and how many do not open; one that changes meanwhile is taken again."""
        renewed = unreadable = 0
        while older:
            changed: list[Kept] = []
            for part in await self._parts(task, older):
                if part is None:
                    unreadable += 1
                    continue
                kept, fresh = part
                if await self._registry.ciphertexts.replace(kept, fresh):
                    renewed += 1
                elif (as_it_is := await self._registry.ciphertexts.again(kept)) and as_it_is.older(_version(task)):
                    changed.append(as_it_is)
            older = changed
        return renewed, unreadable

    async def _parts(self, task: RotationRow, older: list[Kept]) -> list[tuple[Kept, dict[str, str]] | None]:
        """Give the new ciphertexts of each document; None for one that does not open."""
        secrets = [secret for one in older for secret in one.older(_version(task))]
        try:
            fresh = iter(await self._keys.rewrap(task.id, secrets))
        except KeysRefusal as refusal:
            if refusal.code != UNREADABLE:
                raise
            if len(older) == 1:
                log.warning("ciphertext_does_not_open", tenant_id=task.id, collection=older[0].collection)
                return [None]
            return [part for one in older for part in await self._parts(task, [one])]
        parts = [(one, {it.field: next(fresh) for it in one.older(_version(task))}) for one in older]
        if any(key_version(text) < _version(task) for _, texts in parts for text in texts.values()):
            raise Unavailable("key-vault protects with an older version than the newest")
        return list(parts)

    async def _settle(self, task: RotationRow) -> None:
        """Wait for the relay and the views, look once more, retire what is old."""
        rotations, marks = self._registry.rotations, self._registry.marks
        if task.marks_told < MARKS:
            mark = task.mark or f"{task.id}:rotation-{task.data_key_version}-{task.marks_told}"
            if task.mark is None:
                await marks.put(mark)
                await rotations.save(task, mark=mark, due_at=self._now() + LOOK_AGAIN)
            elif await marks.waits(mark):
                await rotations.save(task, due_at=self._now() + LOOK_AGAIN)
            else:
                told = task.marks_told + 1
                waits = self._settles if told == MARKS else timedelta(0)
                await rotations.save(task, mark=None, marks_told=told, due_at=self._now() + waits)
            return
        if self._now() < self._began + self._settles:
            await rotations.save(task, due_at=self._began + self._settles)
            return
        older = [one async for one in self._registry.ciphertexts.every(task.id) if one.older(_version(task))]
        if len(older) > task.unreadable:
            await rotations.save(task, state="rewrapping", due_at=self._now(), **self._anew())
            return
        await self._keys.retire_old(task.id, _version(task))
        await self._end(task, "done", words.unreadable_secrets(task.unreadable) if task.unreadable else None)

    async def _end(self, task: RotationRow, state: str, problem: str | None) -> None:
        tenant = await self._registry.tenants.find(task.id)
        if tenant is not None:
            await self._registry.audit.note_once(
                AuditRow(
                    id=f"keys_rotated:{task.id}:{task.asked_at.isoformat()}",
                    what="keys_rotated" if state == "done" else "rotation_failed",
                    teams_tenant=tenant.teams_tenant,
                    user=task.asked_by,
                    at=self._now(),
                    tenant_id=task.id,
                    details={"data_key_version": str(task.data_key_version), "unreadable": str(task.unreadable)},
                )
            )
        done = task.of if state == "done" else task.done
        ended = {"state": state, "problem": problem, "ended_at": self._now(), "due_at": None, "place": "", "done": done}
        await self._registry.rotations.save(task, **ended)
        log.info("rotation_ended", tenant_id=task.id, state=state)

    def _anew(self) -> dict[str, object]:
        """Give the start of a pass through everything."""
        return {"collection": COLLECTIONS[0], "place": "", "clean": True, "unreadable": 0, "mark": None}


def _version(task: RotationRow) -> int:
    assert task.data_key_version is not None
    return task.data_key_version
