import numpy as np

from negotiation.equilibria.repeated.bounds import ask
from negotiation.payoff_file import load
from negotiation.sweeps.crossings import questions
from negotiation.sweeps.grid import grid
from negotiation.sweeps.sweep import REGIMES, Job, solve_points
from tests.first_edition import first_edition


def test_the_answers_tell_the_regime_and_each_includes_the_next():
    model = load(first_edition("h200-licence"))
    axes = {"s": np.linspace(0.41, 0.8, 5), "E": np.linspace(1.0, 99.0, 7)}
    job = Job(model, grid(axes), {})
    asked = questions(job)
    answers = np.array([ask(model.game(**job.points.at(0, 35)), q.test) for q in asked])
    columns = solve_points(job, 0, 35)
    names = [q.regime for q in asked]
    told = np.array(
        [
            next((names[k] for k in range(len(names))[::-1] if row[k] == 1), "no pure equilibrium")
            for row in answers.T
        ]
    )
    assert (told == np.array(REGIMES)[columns["regime"]]).all()
    assert len(set(told)) > 2
    assert (answers[0] >= answers[1]).all()
    truces = [k for k, q in enumerate(asked) if q.what in job.outcomes]
    assert (answers[1] >= answers[truces]).all()
    assert (columns["sustained"] == answers[truces].T).all()
