"""Writes packages/evaluation/test/golden/*.json: scikit-learn's metrics (1.2 or later).

Run: python3 tools/golden/evaluation.py
"""

import json
import warnings
from pathlib import Path

import numpy as np
from sklearn import metrics

warnings.filterwarnings("error")
random = np.random.default_rng(7)


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def classification(labels, logits, predictions=None, classes=None):
    logits = np.asarray(logits, dtype=np.float64)
    labels = np.asarray(labels)
    count = classes or logits.shape[1]
    predicted = logits.argmax(axis=1) if predictions is None else np.asarray(predictions)
    names = list(range(count))
    report = metrics.classification_report(labels, predicted, labels=names, output_dict=True, zero_division=0)
    average = lambda kind: {"precision": report[kind]["precision"], "recall": report[kind]["recall"],
                            "f1": report[kind]["f1-score"], "support": int(report[kind]["support"])}
    case = {
        "labels": labels.tolist(),
        "predictions": predicted.tolist(),
        "classCount": count,
        "accuracy": metrics.accuracy_score(labels, predicted),
        "confusionMatrix": metrics.confusion_matrix(labels, predicted, labels=names).tolist(),
        "classes": [average(str(name)) for name in names],
        "macroAverage": average("macro avg"),
        "weightedAverage": average("weighted avg"),
    }
    if predictions is None:
        probabilities = softmax(logits)
        case["logits"] = logits.tolist()
        case["probabilities"] = probabilities.tolist()
        case["logLoss"] = metrics.log_loss(labels, probabilities, labels=names)
        if count > 2:
            case["topK"] = [metrics.top_k_accuracy_score(labels, logits, k=k, labels=names) for k in range(1, count)]
    return case


cases = [
    classification(random.integers(0, 5, 60), random.normal(size=(60, 5)) * 2),
    # class 3 has no example, and class 0 is never predicted
    classification([0, 1, 2, 1, 2, 2, 0, 4], random.normal(size=(8, 5)) + [-9, 0, 0, 0, 0]),
    classification([0, 1, 1, 0, 1, 1], random.normal(size=(6, 2))),
    classification([2, 2, 2], np.eye(3)[[2, 2, 2]], predictions=[2, 2, 2]),
    classification([0, 0, 1], np.eye(4)[[0, 0, 0]], predictions=[3, 3, 3]),
    # certain and wrong: clipping
    {**classification([0, 1, 1], [[1000.0, 0.0], [1000.0, 0.0], [0.0, 1000.0]])},
]

regression = []
for shape in [(40,), (25, 3), (2,)]:
    targets = random.normal(size=shape) * 3 + 10
    predictions = targets + random.normal(size=shape)
    regression.append({
        "targets": targets.tolist(),
        "predictions": predictions.tolist(),
        "meanSquaredError": metrics.mean_squared_error(targets, predictions),
        "meanAbsoluteError": metrics.mean_absolute_error(targets, predictions),
        "r2Score": metrics.r2_score(targets, predictions),
    })
for targets, predictions in [([2.0, 2.0, 2.0], [2.0, 2.0, 2.0]), ([2.0, 2.0, 2.0], [2.0, 2.0, 3.0]), ([1.0, 2.0], [9.0, -9.0])]:
    regression.append({
        "targets": targets,
        "predictions": predictions,
        "meanSquaredError": metrics.mean_squared_error(targets, predictions),
        "meanAbsoluteError": metrics.mean_absolute_error(targets, predictions),
        "r2Score": metrics.r2_score(targets, predictions),
    })

folder = Path(__file__).parents[2] / "packages/evaluation/test/golden"
folder.mkdir(parents=True, exist_ok=True)
(folder / "classification.json").write_text(json.dumps(cases) + "\n")
(folder / "regression.json").write_text(json.dumps(regression) + "\n")
